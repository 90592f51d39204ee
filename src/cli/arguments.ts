/**
 * Command-line words → flags given and words left.
 *
 * The grammar is that of Go's `flag` package: one dash or two, `--name value` or `--name=value`, switches
 * take no value but accept `=true` and `=false`, single letters combine (`-vE`; the last one may take a value). Flags end at the first
 * word that is not one, or at `--`, which is dropped.
 */

import { nearestNames } from "../config/nearest.ts";
import { UsageError } from "../errors.ts";
import type { FlagSpec } from "./flags.ts";

export interface GivenFlag {
  readonly spec: FlagSpec;
  /** As typed, without a value: "-J", "--jump-role". */
  readonly spelling: string;
  /** "true" or "false" for a switch; how often it was given for a counter. */
  readonly value: string;
}

export interface Arguments {
  /** By the flag's long name. */
  readonly flags: ReadonlyMap<string, GivenFlag>;
  readonly words: readonly string[];
  /** True when `--` came before the first word. */
  readonly dashesFirst: boolean;
}

interface Token {
  readonly spec: FlagSpec;
  readonly spelling: string;
  /** What follows "=". */
  readonly inline: string | undefined;
}

/**
 * Reads flags up to the first word; `scattered` ones, those of a command of our own, also between and after its words.
 *
 * @throws UsageError for an unknown flag, a missing or wrong value, and two spellings of one flag that disagree.
 */
export function readArguments(argv: readonly string[], specs: readonly FlagSpec[], place: "leading" | "scattered" = "leading"): Arguments {
  const flags = new Map<string, GivenFlag>();
  const words: string[] = [];
  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "--") return { flags, words: [...words, ...rest], dashesFirst: words.length === 0 };
    if (isFlag(word)) {
      for (const token of tokensOf(word, specs))
        keep(flags, token, token.inline ?? (token.spec.kind === "value" ? rest.shift() : undefined));
    } else {
      words.push(word);
      if (place === "leading") break;
    }
  }
  return { flags, words: [...words, ...rest], dashesFirst: false };
}

/**
 * One of Go's spellings of a boolean.
 *
 * @returns undefined for anything else.
 */
export function readBoolean(text: string): boolean | undefined {
  if (["1", "t", "T", "true", "TRUE", "True"].includes(text)) return true;
  if (["0", "f", "F", "false", "FALSE", "False"].includes(text)) return false;
  return undefined;
}

function isFlag(word: string): boolean {
  return word.length > 1 && word.startsWith("-");
}

function tokensOf(word: string, specs: readonly FlagSpec[]): Token[] {
  const body = word.replace(/^--?/, "");
  const equals = body.indexOf("=");
  const name = equals < 0 ? body : body.slice(0, equals);
  const inline = equals < 0 ? undefined : body.slice(equals + 1);
  const spec = find(name, specs);
  if (spec !== undefined) return [{ spec, spelling: word.slice(0, word.length - body.length) + name, inline }];
  return (
    lettersOf(word, name, specs)?.map((letter, index) => ({
      spec: letter,
      spelling: `-${letter.letter}`,
      inline: index === name.length - 1 ? inline : undefined,
    })) ?? unknown(word, name, specs)
  );
}

/** The flags of "-vE", or undefined when it is not made of letters. What is stuck to a letter is not repeated: it may be a password. */
function lettersOf(word: string, letters: string, specs: readonly FlagSpec[]): FlagSpec[] | undefined {
  if (word.startsWith("--") || letters === "") return undefined;
  const found: FlagSpec[] = [];
  for (const letter of letters) {
    const spec = specs.find((each) => each.letter === letter);
    if (spec === undefined) return undefined;
    found.push(spec);
    if (spec.kind === "value" && found.length < letters.length) throw stuckValue(spec, letters, specs);
  }
  return found;
}

function stuckValue({ letter }: FlagSpec, letters: string, specs: readonly FlagSpec[]): UsageError {
  const meant = nearestFlag(letters, specs);
  const hint = meant === undefined ? `-${letter} VALUE, or -${letter}=VALUE` : `did you mean --${meant}?`;
  return new UsageError(`the flag -${letter} takes a value, which is a word of its own`, { hint });
}

function find(name: string, specs: readonly FlagSpec[]): FlagSpec | undefined {
  return specs.find((spec) => spec.name === name || spec.letter === name);
}

function unknown(word: string, name: string, specs: readonly FlagSpec[]): never {
  const nearest = nearestFlag(name, specs);
  throw new UsageError(`unknown flag ${word.split("=")[0]}`, {
    hint: nearest === undefined ? "aws-runas --help lists the flags" : `did you mean --${nearest}? aws-runas --help lists the flags`,
  });
}

function nearestFlag(name: string, specs: readonly FlagSpec[]): string | undefined {
  const known = specs.filter((spec) => spec.summary !== undefined);
  return nearestNames(
    name,
    known.map((spec) => spec.name),
  )[0];
}

function keep(flags: Map<string, GivenFlag>, token: Token, text: string | undefined): void {
  const { spec, spelling } = token;
  const before = flags.get(spec.name);
  const value = valueOf(spec, spelling, text, before);
  if (before !== undefined && before.spelling !== spelling && before.value !== value && spec.kind !== "counter") {
    throw new UsageError(`${before.spelling} and ${spelling} are the same flag and were given different values`);
  }
  flags.set(spec.name, { spec, spelling, value });
}

function valueOf(spec: FlagSpec, spelling: string, text: string | undefined, before: GivenFlag | undefined): string {
  if (spec.kind === "value") {
    if (text === undefined) throw new UsageError(`the flag ${spelling} needs a value`);
    return text;
  }
  const isOn = readBoolean(text ?? "true");
  if (isOn === undefined) throw new UsageError(`the flag ${spelling} is either true or false, not "${text}"`);
  if (spec.kind === "switch") return String(isOn);
  return String(isOn ? Number(before?.value ?? 0) + 1 : 0);
}
