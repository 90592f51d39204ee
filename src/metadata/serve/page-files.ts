/** The web page's files as text, which both bundlers build in (scripts/text-imports.ts); loaded when the page is first asked for. */

import icon from "./page/icon.svg" with { type: "text" };
import html from "./page/page.html" with { type: "text" };
import styles from "./page/site.css" with { type: "text" };
import script from "./page/site.js" with { type: "text" };
import active from "./page/site/active.js" with { type: "text" };
import elements from "./page/site/elements.js" with { type: "text" };
import loginForms from "./page/site/login-forms.js" with { type: "text" };
import login from "./page/site/login.js" with { type: "text" };
import problem from "./page/site/problem.js" with { type: "text" };
import profiles from "./page/site/profiles.js" with { type: "text" };
import qr from "./page/site/qr.js" with { type: "text" };
import requests from "./page/site/requests.js" with { type: "text" };
import search from "./page/site/search.js" with { type: "text" };
import server from "./page/site/server.js" with { type: "text" };
import times from "./page/site/times.js" with { type: "text" };

/** By path. */
export const pageFiles: Readonly<Record<string, string>> = {
  "/": html,
  "/icon.svg": icon,
  "/site.css": styles,
  "/site.js": script,
  "/site/active.js": active,
  "/site/elements.js": elements,
  "/site/login-forms.js": loginForms,
  "/site/login.js": login,
  "/site/problem.js": problem,
  "/site/profiles.js": profiles,
  "/site/qr.js": qr,
  "/site/requests.js": requests,
  "/site/search.js": search,
  "/site/server.js": server,
  "/site/times.js": times,
};
