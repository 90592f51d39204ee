/** What went wrong, and what to do about it: of a request of this page's own, or of a login that ended badly. Dismissed, it stays away. */

import { announce, byId, capitalized, setText } from "./elements.js";

const UNNAMED = "That did not work";
const ADVICE = {
  "profile-not-found": "Is it in the configuration file still? The list shows what is there now.",
  "provider-unreachable": "Is the network up, and the VPN where one is needed? Then try again.",
  "aws-unreachable": "Is the network up? Then try again.",
  "credentials-refused": "Try again with the right user name and password. Several wrong ones may lock the account.",
  "code-refused": "Try again with the code that is shown now, and see that this machine's clock is right.",
  "approval-refused": "Try again and approve it on the other device.",
  "page-not-answerable": "Log in at the provider in a browser once and do what it asks. Then try again.",
  "person-needed": "Try again and answer what is asked here.",
  "not-asked": "It was answered elsewhere, or has run out. Answer what is asked now.",
  "no-login": "It has ended. Try again to log in anew.",
  "aws-refused": "The login was good, but AWS did not give the role. Ask whoever manages the role who may take it.",
};

export function createProblem({ again }) {
  let [own, followed, dismissed, title] = [null, null, "", UNNAMED];
  byId("problem-again").addEventListener("click", again);
  byId("problem-dismiss").addEventListener("click", () => {
    dismissed = JSON.stringify(followed);
    own = null;
    draw();
    byId("active-name").focus();
  });

  function draw() {
    const shown = own ?? (JSON.stringify(followed) === dismissed ? null : followed);
    const isNew = shown !== null && byId("problem").dataset.shown !== JSON.stringify(shown);
    const hadFocus = byId("problem").contains(document.activeElement);
    byId("problem").dataset.shown = shown === null ? "" : JSON.stringify(shown);
    byId("problem").hidden = shown === null;
    if (shown === null) return void (hadFocus && byId("active-name").focus());
    if (!isNew) return;
    setText(byId("problem-title"), shown === own ? title : UNNAMED);
    const { message, advice } = wordsOf(shown);
    setText(byId("problem-text"), message);
    setText(byId("problem-advice"), advice ?? "");
    byId("problem-advice").hidden = advice === undefined;
    byId("problem-advice").classList.toggle("long", advice?.includes("\n") === true);
    announce(`${byId("problem-title").textContent}. ${message} ${advice?.split("\n", 1)[0] ?? ""}`, true);
    if (own !== null) byId("problem").scrollIntoView({ block: "nearest" });
  }

  return {
    /** `of` says what did not work. */
    show(reason, of) {
      title = of;
      own = reason ?? { code: "internal", message: "the server's answer could not be read" };
      dismissed = "";
      draw();
    },
    follow(reason) {
      followed = reason;
      if (reason !== null && own !== null && own.message === reason.message) own = null;
      draw();
    },
    /** For a new attempt. */
    clear() {
      own = null;
      dismissed = JSON.stringify(followed);
      draw();
    },
    isShown: () => !byId("problem").hidden,
  };
}

function wordsOf({ code, message, hint }) {
  return { message: sentence(message), advice: hint === undefined ? ADVICE[code] : sentence(hint) };
}

/** A text of several lines, such as a policy to be copied, stays as it is. */
function sentence(text) {
  return `${capitalized(text)}${/[.!?…}]$/.test(text) ? "" : "."}`;
}
