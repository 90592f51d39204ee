/** What the page alone asks: a token of its own for the server's, and texts as QR codes, as it has no encoder. */

import { respond } from "../answers.ts";
import type { LocalRequest, LocalResponse } from "../listen.ts";
import { readLine } from "./bodies.ts";
import { managementRoute, type ManagementState } from "./management-route.ts";
import type { Route } from "./server.ts";

/** Modules of quiet zone on each side, as the standard asks for. */
const BORDER = 4;

export function pageRoutes({ sessions }: Pick<ManagementState, "sessions">): readonly Route[] {
  return [
    managementRoute("/session", { POST: async () => respond(200, { token: sessions.begin().reveal() }) }),
    managementRoute("/qr", { POST: qrCode }),
  ];
}

/** How many modules a side has, and the dark ones as the path of an SVG drawing. What a line may have fits into a code. */
async function qrCode(request: LocalRequest): Promise<LocalResponse> {
  const text = await readLine(request);
  const { encode } = await import("uqr");
  const { data, size } = encode(text, { ecc: "M", border: BORDER });
  return respond(200, { size, path: data.map(rowPath).join("") });
}

function rowPath(row: readonly boolean[], y: number): string {
  return row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : "")).join("");
}
