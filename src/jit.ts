/** Bun's compiler, which the standalone program starts without (scripts/build.ts): compiling what runs once is time lost. */

/** The part of Bun's API used here; its types are not a dependency. @see https://bun.com/reference/bun/unsafe/setJITPolicy */
interface BunRuntime {
  readonly unsafe: { setJITPolicy?(scale: number): void };
}

/** From now on what runs often is compiled; on Node it is in any case. */
export function compileFromNow(): void {
  const { Bun: bun } = globalThis as { Bun?: BunRuntime };
  bun?.unsafe.setJITPolicy?.(1);
}
