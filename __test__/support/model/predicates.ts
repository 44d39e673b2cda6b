/**
 * Questions to the host and what follows from its answers.
 *
 * DESIGN §4, row "predicates": "at a node: join, condition, cache, in this order, while it is `pending`".
 */
import { openRound } from "./containers.js";
import { askJoin } from "./looks.js";
import { completeNode, failNode, filterNode, makeReady, skipNode } from "./settle.js";
import { type Decision, insideOf, type ModelNode, type OpenQuestion, type RunState, toUs } from "./state.js";
import type { Question, Verdict } from "./types.js";

/** Carries out a decision; anything about a node that is no longer pending is dropped. */
export function carryOut(run: RunState, decision: Decision, at: number): void {
  const { node } = decision;
  if (node.state !== "pending") return;
  if (decision.kind === "askEdge") {
    if (node.decision === null) ask(run, node, "edge", decision.from.id, at);
  } else if (decision.kind === "skipped") skipNode(run, node, decision.reason, at);
  else if (decision.kind === "filtered") filterNode(run, node, at);
  else askNext(run, node, null, at);
}

/** "Then the node's own condition is asked, once, before a slot is taken". */
function askNext(run: RunState, node: ModelNode, asked: "condition" | "cache" | null, at: number): void {
  const { hasCondition, isCached, kind } = node.policy;
  if (hasCondition === true && asked === null) ask(run, node, "condition", null, at);
  else if (isCached === true && asked !== "cache") ask(run, node, "cache", null, at);
  else if (kind?.is === "given") completeNode(run, node, at, 0);
  else makeReady(run, node, at);
}

/** "One that … has no answer within the attempt timeout, fails the node it guards". */
export function ask(run: RunState, node: ModelNode, question: Question, from: number | null, at: number): void {
  const { timeoutMs } = node.policy;
  run.questions.push({ node, question, from, due: timeoutMs === undefined ? null : at + toUs(timeoutMs) });
  run.emit({ kind: "predicateAsked", at, node: node.id, question, from });
  run.effect({ kind: "ask", node: node.id, question, from: from ?? 0 });
}

export function openQuestion(run: RunState, node: ModelNode, question: Question, from: number): OpenQuestion | null {
  return run.questions.find((open) => open.node === node && open.question === question && (open.from ?? 0) === from) ?? null;
}

/** "The answer is recorded and never recomputed" (DESIGN §3). */
export function answer(run: RunState, open: OpenQuestion, verdict: Verdict, at: number): void {
  const { node, question, from } = open;
  run.questions = run.questions.filter((other) => other !== open);
  run.emit({ kind: "predicateAnswered", at, node: node.id, question, from, verdict });
  const isYes = verdict === "yes";
  const isNo = verdict === "no";
  if (question === "edge") {
    if (!isYes && !isNo && verdict !== "nothing") failNode(run, node, "error", at);
    else {
      // "A false edge condition makes it look skipped; an edge filter that lets nothing through makes it look filtered."
      node.answers.set(from ?? 0, isYes ? "completed" : isNo ? "skipped" : "filtered");
      askJoin(run, node);
    }
  } else if (!isYes && !isNo) failNode(run, node, "error", at);
  else if (question === "condition") {
    if (isYes) askNext(run, node, "condition", at);
    else skipNode(run, node, "condition", at);
  } else if (question === "cache") {
    if (isYes) completeNode(run, node, at, 0);
    else askNext(run, node, "cache", at);
  } else if (isYes) completeNode(run, node, at);
  else {
    const round = run.scopes.filter((scope) => scope.container === node).at(-1)?.round ?? 0;
    if (round >= (insideOf(node)?.limit ?? 0)) failNode(run, node, "limit", at);
    else openRound(run, node, round + 1, at);
  }
}
