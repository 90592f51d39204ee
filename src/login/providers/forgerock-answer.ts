/** What a page of AM's callbacks asks → the values of its inputs: from the profile, the store, or the person. */

import { shorten } from "../../errors.ts";
import type { Factor } from "../forms/factors.ts";
import { chooseAll } from "../forms/choice.ts";
import type { Choice } from "../forms/demand.ts";
import { kindOfWay } from "../forms/ways.ts";
import { type Demand, keyOf, REFUSING } from "./forgerock-callbacks.ts";
import { type Given, NOTHING_GIVEN, personNeeded, type Run } from "./forgerock-run.ts";
import type { CallbackPage } from "./forgerock-wire.ts";

/** @throws what `LoginAnswers` and `FactorChooser` throw; LoginError `page-not-answerable`; PersonNeededError; CancelledError */
export async function answerDemand(
  demand: Exclude<Demand, { kind: "wait" }>,
  page: CallbackPage,
  run: Run,
): Promise<ReadonlyMap<string, unknown>> {
  const { factors, terminal, answers } = run.signIn;
  if (demand.kind === "passkey") {
    await factors.choose([{ kind: "webauthn", label: "a passkey or security key", value: undefined }]);
    throw personNeeded("a passkey or security key", run);
  }
  if (demand.kind === "person") throw personNeeded(shorten(demand.what), run);
  for (const note of demand.notes) if (note !== "") terminal.say(shorten(answers.mask(note)));
  const values = new Map<string, unknown>(demand.fixed);
  for (const [input, value] of await choose(demand.choices, demand.texts, run)) values.set(input, Number(value));
  for (const [input, value] of await giveTexts(demand, page, run)) values.set(input, value);
  for (const { input, prompt } of demand.texts.questions) {
    values.set(input, (await answers.giveCode({ kind: "question", label: prompt }, undefined)).reveal());
  }
  run.page = page;
  return values;
}

type Answerable = Extract<Demand, { kind: "answer" }>;

async function choose(choices: readonly Choice[], texts: Answerable["texts"], run: Run): Promise<ReadonlyMap<string, string>> {
  const { factors } = run.signIn;
  const hasTexts = [texts.username, texts.password, texts.code].some((input) => input !== undefined);
  const [only] = choices;
  const offered = only === undefined || choices.length > 1 || hasTexts ? [] : factorsIn(only);
  if (choices.length > 0 && !hasTexts) run.last = "nothing";
  if (only === undefined || offered.length === 0) {
    const beside = { credentials: hasTexts, code: hasTexts };
    return (await chooseAll(choices, beside, run.signIn)).values;
  }
  const chosen = await factors.choose(offered);
  run.factor = chosen;
  return new Map([[only.name, chosen.value]]);
}

/** All that a choice offers, where all of it but a way back are factors. */
function factorsIn({ options }: Choice): readonly Factor<string>[] {
  const going = options.filter(({ label }) => !REFUSING.test(label));
  const factors = going.flatMap(({ value, label }): Factor<string>[] => {
    const kind = kindOfWay(label);
    return kind === undefined || kind === "password" ? [] : [{ kind, label, value }];
  });
  return going.length > 1 && factors.length === going.length ? factors : [];
}

async function giveTexts(demand: Answerable, page: CallbackPage, run: Run): Promise<[string, string][]> {
  const { texts } = demand;
  const given = await give(demand, page, run);
  run.given = { ...run.given, ...withoutGaps(given) };
  run.seen = {
    username: texts.username === undefined ? run.seen.username : keyOf(texts.username, page),
    password: texts.password === undefined ? run.seen.password : keyOf(texts.password, page),
  };
  if (texts.username !== undefined || texts.password !== undefined) run.last = "credentials";
  else if (texts.code !== undefined) run.last = "code";
  const values: [string | undefined, string | undefined][] = [
    [texts.username, given.username],
    [texts.password, given.password?.reveal()],
    [texts.code, given.code?.reveal()],
  ];
  return values.flatMap(([input, value]): [string, string][] => (input === undefined || value === undefined ? [] : [[input, value]]));
}

/** What is ready, and the rest from the profile or the person. */
async function give({ texts, error }: Answerable, page: CallbackPage, run: Run): Promise<Given> {
  const { ready, signIn } = run;
  const asks = (name: "username" | "password" | "code") => texts[name] !== undefined && ready[name] === undefined;
  const asked = { username: asks("username"), password: asks("password"), code: asks("code") };
  const words = error ?? newHeader(page, run);
  const isAsking = asked.username || asked.password || asked.code;
  const fresh = isAsking
    ? await signIn.answers.give({ ...asked, error: words === "" ? undefined : shorten(words), factor: run.factor })
    : NOTHING_GIVEN;
  const used = {
    username: texts.username && ready.username,
    password: texts.password === undefined ? undefined : ready.password,
    code: texts.code === undefined ? undefined : ready.code,
  };
  run.ready = {
    username: used.username === undefined ? ready.username : undefined,
    password: used.password === undefined ? ready.password : undefined,
    code: used.code === undefined ? ready.code : undefined,
  };
  return { ...fresh, ...withoutGaps(used) };
}

/** AM says what was wrong with an answer in another header of the same page: "Attempt 2 of 3". */
function newHeader(page: CallbackPage, { page: before }: Run): string {
  const asks = ({ stage, callbacks }: CallbackPage) => JSON.stringify([stage, callbacks.map(({ type }) => type)]);
  return before !== undefined && asks(before) === asks(page) && before.header !== page.header ? page.header : "";
}

function withoutGaps(given: Given): Partial<Given> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
