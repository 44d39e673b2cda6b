/** What a failure says of a further attempt: whether its policy wants one, and what the error itself asks for. The core decides. */
import type { RetryTest } from "../flow/lowered.js";

/** What a failure says. */
export interface RetryAdvice {
  readonly mayRetry: boolean;
  /** The delay that the error asks for, in milliseconds, in place of the policy's. */
  readonly afterMs: number | undefined;
  /** What `retryOn` threw, if it did. That means no. */
  readonly fault: { readonly error: unknown } | undefined;
}

const allowed: RetryAdvice = { mayRetry: true, afterMs: undefined, fault: undefined };

/** Asks the policy's test, if there is one, and the error. */
export function adviceOf(error: unknown, attempt: number, test: RetryTest | undefined): RetryAdvice {
  if (test !== undefined) {
    try {
      const answer: unknown = test(error, attempt);
      if (answer !== true) return { mayRetry: false, afterMs: undefined, fault: faultOf(answer) };
    } catch (thrown) {
      return { mayRetry: false, afterMs: undefined, fault: { error: thrown } };
    }
  }
  const afterMs = retryAfterOf(error);
  return afterMs === undefined ? allowed : { mayRetry: true, afterMs, fault: undefined };
}

/** A promise would keep the run waiting for an answer that decides nothing else; it means no, as any other value that is no boolean. */
function faultOf(answer: unknown): RetryAdvice["fault"] {
  if (answer === false) return undefined;
  if (answer instanceof Promise) answer.catch(() => {}); // Its rejection is nobody else's to handle.
  const what = answer instanceof Promise ? "a promise" : String(answer);
  return { error: new TypeError(`\`retryOn\` must return true or false at once, it returned ${what}; that means no`) };
}

/** What an error asks for: `retryAfterMs` in milliseconds, or `retryAfter` in seconds, as HTTP has it. */
function retryAfterOf(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  try {
    const { retryAfterMs, retryAfter } = error as { readonly retryAfterMs?: unknown; readonly retryAfter?: unknown };
    if (isDelay(retryAfterMs)) return retryAfterMs;
    return isDelay(retryAfter) ? retryAfter * 1000 : undefined;
  } catch {
    return undefined; // A getter that throws has nothing to ask for.
  }
}

function isDelay(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}
