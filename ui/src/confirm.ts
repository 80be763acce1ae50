/** Confirmations in our own dialog: it names the thing, and the button says what happens. */
import htmx from "htmx.org";
import { t } from "./words";

interface Question {
  text: string;
  title: string;
  action: string;
}

/** Ask; resolves to true when the reader chose the action. */
export function ask({ text, title, action }: Question): Promise<boolean> {
  const dialog = document.createElement("dialog");
  dialog.className = "ask";
  dialog.setAttribute("aria-labelledby", "gt-ask-title");
  dialog.innerHTML =
    '<form method="dialog"><h2 id="gt-ask-title"></h2><p class="mb-0"></p>' +
    '<div class="buttons"><button class="btn" value="no" autofocus></button>' +
    '<button class="btn btn-stop" value="yes"></button></div></form>';
  const say = (selector: string, words: string) => {
    const place = dialog.querySelector(selector);
    if (place) place.textContent = words;
  };
  say("h2", title);
  say("p", text);
  say("[value=no]", t("Cancel"));
  say("[value=yes]", action);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}

function questionOf(element: Element, text: string): Question {
  return {
    text,
    title: element.getAttribute("data-confirm-title") ?? t("Are you sure?"),
    action:
      element.getAttribute("data-confirm-action") ??
      element.textContent?.trim() ??
      t("Go on"),
  };
}

/** hx-confirm opens our dialog instead of the browser's. */
export function installConfirm(): void {
  htmx.on("htmx:confirm", (event) => {
    const detail = (event as CustomEvent).detail as {
      question: string | null;
      elt: Element;
      issueRequest: (skip: boolean) => void;
    };
    if (!detail.question) return;
    event.preventDefault();
    void ask(questionOf(detail.elt, detail.question)).then((yes) => {
      if (yes) detail.issueRequest(true);
    });
  });
}
