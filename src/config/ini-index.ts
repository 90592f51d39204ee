/**
 * An ini file of which every section is going to be asked for → the same with an index. Without one each section is searched for, and each line
 * counted from the file's start: fastest for one profile, and for 3,000 of them 3,000 times over the text.
 */

import { allHeadings, groupByName, readParts } from "./ini.ts";
import type { Heading, IniFile, IniIndex, IniValue } from "./ini.ts";

type Sections = Map<string, readonly Heading[]>;

const NONE: Sections = new Map();

/** The same file. A section is read when it is first asked for, and the lines are counted when a number is. */
export function withIndex(file: IniFile): IniFile {
  const sections = groupByName(allHeadings(file));
  const words = byWord(sections);
  const settings = new Map<readonly Heading[], ReadonlyMap<string, IniValue>>();
  let lineEnds: readonly number[] | undefined;
  const index: IniIndex = {
    names: [...sections.keys()],
    sectionsOf: (word) => words.get(word) ?? NONE,
    settingsOf(headings) {
      const known = settings.get(headings) ?? readParts(file.text, headings);
      settings.set(headings, known);
      return known;
    },
    lineOf: (offset) => 1 + countBelow((lineEnds ??= lineFeeds(file.text)), offset),
  };
  return { ...file, index };
}

/** Each under all words that it ends in: its name, and what follows each blank in it. */
function byWord(sections: ReadonlyMap<string, readonly Heading[]>): ReadonlyMap<string, Sections> {
  const words = new Map<string, Sections>();
  for (const [name, headings] of sections) {
    for (let start = 0; start !== -1; start = name.indexOf(" ", start) + 1 || -1) {
      const word = name.slice(start);
      const found = words.get(word);
      if (found === undefined) words.set(word, new Map([[name, headings]]));
      else found.set(name, headings);
    }
  }
  return words;
}

function lineFeeds(text: string): readonly number[] {
  const offsets: number[] = [];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) offsets.push(at);
  return offsets;
}

/** How many of the numbers, which rise, are below the limit. */
function countBelow(numbers: readonly number[], limit: number): number {
  let [from, to] = [0, numbers.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((numbers[middle] ?? limit) < limit) from = middle + 1;
    else to = middle;
  }
  return from;
}
