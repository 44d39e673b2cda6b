export * from "./binding.cjs";
