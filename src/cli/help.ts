/** Help texts, made from the declared flags and commands; 80 columns. */

import { attributes } from "../config/attributes.ts";
import type { Attribute } from "../config/attributes.ts";
import { commands } from "./commands.ts";
import type { Command } from "./commands.ts";
import { globalFlags } from "./flags.ts";
import type { FlagSpec } from "./flags.ts";

const WIDTH = 80;
const MARGIN = 28;

/** What `aws-runas --help` prints. */
export function mainHelp(): string {
  return sections([
    "Usage: aws-runas [flags] PROFILE [--] COMMAND [ARGS…]\n" +
      "       aws-runas [flags] PROFILE             print the credentials\n" +
      commands.map(({ name, usage }) => `       aws-runas ${name} ${usage}\n`).join("") +
      "       aws-runas help [COMMAND]",
    wrap(
      "Logs in at the identity provider of PROFILE, trades the login for short-lived AWS credentials and runs COMMAND with them." +
        " PROFILE is a profile of ~/.aws/config or the ARN of a role.",
    ),
    wrap(
      "With AWS_PROFILE set, PROFILE may be left out; `aws-runas -- COMMAND` then makes sure that COMMAND is not taken for a profile." +
        " A profile named like one of the commands below is reached by `aws-runas -- PROFILE`.",
    ),
    titled("Commands", commands.map(commandRow)),
    titled("Flags", globalFlags.flatMap(flagRow)),
  ]);
}

/** What `aws-runas help COMMAND` prints. */
export function commandHelp({ name, aliases, usage, details, flags }: Command): string {
  return sections([
    `Usage: aws-runas ${name} [flags] ${usage}` + (aliases.length > 0 ? `\nAlso:  ${aliases.join(", ")}` : ""),
    ...details.map((paragraph) => wrap(paragraph)),
    titled("Flags", flags.flatMap(flagRow)),
  ]);
}

function sections(texts: readonly string[]): string {
  return `${texts.join("\n\n")}\n`;
}

function titled(title: string, rows: readonly string[]): string {
  return [`${title}:`, ...rows].join("\n");
}

function commandRow({ name, aliases, summary }: Command): string {
  return row([name, ...aliases].join(", "), summary);
}

/** Nothing for a flag whose feature does not exist. */
function flagRow(spec: FlagSpec): string[] {
  const { letter, name, placeholder, summary } = spec;
  if (summary === undefined) return [];
  const variables = variablesOf(spec);
  const dashes = letter === undefined ? `    --${name}` : `-${letter}, --${name}`;
  const shown = variables.length === 0 ? summary : `${summary} [${variables.map((variable) => `$${variable}`).join(", ")}]`;
  return [row(placeholder === undefined ? dashes : `${dashes} ${placeholder}`, shown)];
}

/** The strongest first, those of OpenID Connect before those of SAML. */
function variablesOf({ variable, setting }: FlagSpec): readonly string[] {
  if (setting === undefined) return variable === undefined ? [] : [variable];
  const all: readonly Attribute[] = Object.values(attributes);
  return [...new Set(all.filter(({ flag }) => flag === setting).flatMap(({ variables }) => variables.flat()))];
}

function row(term: string, text: string): string {
  const lines = wrap(text, WIDTH - MARGIN).split("\n");
  const head = `  ${term}`;
  const body = lines.map((line) => " ".repeat(MARGIN) + line).join("\n");
  return head.length > MARGIN - 2 ? `${head}\n${body}` : head.padEnd(MARGIN) + body.slice(MARGIN);
}

function wrap(text: string, width = WIDTH): string {
  const lines: string[] = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line !== "" && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines.join("\n");
}
