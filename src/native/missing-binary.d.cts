/** `process`, or a stand-in: the fields that the message is made of. */
export interface Host {
  readonly platform: string;
  readonly arch: string;
  readonly version: string;
  readonly report?: { readonly getReport?: () => object };
}
export declare const published: readonly string[];
export declare function missingBinaryError(host: Host, cause: unknown): Error & { readonly code: "NATIVE_BINARY_MISSING" };
