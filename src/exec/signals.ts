/**
 * Which signals the wrapped command gets from us while we wait for it, and when we stop with it.
 *
 * A key (Ctrl-C, Ctrl-\) and a change of the window's size reach the terminal's whole foreground group: where we share it the command has
 * been told already, and telling it twice makes Terraform abort. Elsewhere the signal was meant for us alone and is passed on, as those
 * that no key sends always are. Ctrl-Z and `fg` stop and resume both, as neither is caught; a command that stops itself alone (`~^Z` in
 * ssh, Ctrl-Z in node) would leave the shell waiting for us, so we stop too, and resume it when we are resumed (Linux only).
 *
 * Windows (untested): the console tells every process in it; passing on would kill the command at once.
 */

import { isInHandsOfSudo, readGroups, readLinuxStatus } from "../system.ts";
import type { OwnProcess } from "../world.ts";

/** What is needed of a child; see exec/spawn.ts. */
export interface SignalTarget {
  readonly pid: number;
  send(signal: NodeJS.Signals): void;
}

type Targets = readonly SignalTarget[];
type Reaction = readonly [signal: NodeJS.Signals, react: (children: Targets) => void];

const FROM_KEYS = ["SIGINT", "SIGQUIT", "SIGWINCH"] as const;
const FROM_OTHERS = ["SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const;
const FROM_WINDOWS_CONSOLE = ["SIGINT", "SIGBREAK", "SIGHUP"] as const;

/** Catches signals from now on; one that comes before the children have started waits for them. The function returned undoes it. */
export function relaySignals(own: OwnProcess, started: () => Promise<Targets>): () => void {
  const listeners = reactions(own).map(([signal, react]) => {
    const listener = () => void started().then(react, () => {});
    own.on(signal, listener);
    return () => own.off(signal, listener);
  });
  return () => listeners.forEach((remove) => remove());
}

function reactions(own: OwnProcess): Reaction[] {
  if (own.platform === "win32") return FROM_WINDOWS_CONSOLE.map((signal) => [signal, () => {}]);
  const all: Reaction[] = [
    ...FROM_KEYS.map((signal): Reaction => [signal, (children) => sendUnlessTold(children, signal, own)]),
    ...FROM_OTHERS.map((signal): Reaction => [signal, (children) => send(children, signal)]),
  ];
  if (own.platform === "linux") all.push(["SIGCHLD", (children) => stopWith(children, own)]);
  return all;
}

function sendUnlessTold(children: Targets, signal: NodeJS.Signals, own: OwnProcess): void {
  if (!isInForeground(own)) send(children, signal);
}

function send(children: Targets, signal: NodeJS.Signals): void {
  for (const child of children) child.send(signal);
}

/**
 * Only when none of them goes on, and the terminal is ours or the command's: a command in the background stops without anyone waiting.
 */
function stopWith(children: Targets, own: OwnProcess): void {
  const ours = readLinuxStatus(own.pid);
  const theirs = children.map(({ pid }) => readLinuxStatus(pid));
  if (ours === undefined || theirs.length === 0 || !theirs.every((status) => status?.state === "T")) return;
  if (ours.foregroundGroup !== ours.group && !theirs.some((status) => status?.group === ours.foregroundGroup)) return;
  own.kill(own.pid, "SIGSTOP");
  send(children, "SIGCONT");
}

/** Whether the terminal's keys reach us; true where that cannot be found out, as telling twice does more harm than telling never. */
function isInForeground({ pid, platform }: OwnProcess): boolean {
  const groups = readGroups(platform, pid);
  return groups === undefined || groups.group === groups.foregroundGroup || isInHandsOfSudo(groups);
}
