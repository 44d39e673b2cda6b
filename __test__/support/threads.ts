/** What tests of threads share: a pool, tasks by the name of their export. */
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";
import { ThreadPool, type ThreadPoolOptions, task } from "../../src/index.js";

/** Where the tasks are. */
export const tasksUrl = new URL("../fixtures/threads/tasks.mjs", import.meta.url);

/** The task of this name. */
export function on(name: string, file?: string) {
  return task.module(file === undefined ? tasksUrl : new URL(`../fixtures/threads/${file}`, import.meta.url), name);
}

/** A pool that is closed when the tests of this file are done. */
export function testPool(options: ThreadPoolOptions = {}): ThreadPool {
  const pool = new ThreadPool({ threads: 2, ...options });
  afterAll(() => pool.close());
  return pool;
}

/** The path of a program for tests that start processes. */
export function programPath(name: string): string {
  return fileURLToPath(new URL(`../fixtures/threads/${name}`, import.meta.url));
}
