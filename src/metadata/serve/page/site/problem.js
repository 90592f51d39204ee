/** What went wrong, and what to do about it: of a request of this page's own, or of a login that ended badly. Dismissed, it stays away. */

import { announce, byId, capitalized, setText } from "./elements.js";

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
  let [own, followed, dismissed] = [null, null, ""];
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
    const { message, advice } = wordsOf(shown);
    setText(byId("problem-text"), message);
    setText(byId("problem-advice"), advice ?? "");
    byId("problem-advice").hidden = advice === undefined;
    announce(`That did not work. ${message} ${advice ?? ""}`, true);
  }

  return {
    show(reason) {
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

/** The server puts what to do in brackets at the end. */
function wordsOf({ code, message }) {
  const [, what, hint] = /^(.*?) \((.{8,})\)$/s.exec(message) ?? [];
  const advice = hint === undefined ? ADVICE[code] : sentence(hint);
  return { message: sentence(what ?? message), advice };
}

function sentence(text) {
  return `${capitalized(text)}${/[.!?…]$/.test(text) ? "" : "."}`;
}
