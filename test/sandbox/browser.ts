/** A person's browser, as far as the sandbox's pages need one: cookies, one form a page, redirects followed up to a URL that is not http. */

export interface Page {
  readonly status: number;
  /** Where the browser ended up; with a scheme of its own, the redirect that was not followed. */
  readonly url: URL;
  readonly html: string;
}

export class Browser {
  readonly #cookies = new Map<string, string>();

  get(url: URL | string): Promise<Page> {
    return this.#open(new URL(url), undefined);
  }

  /** Posts the page's form with its hidden fields and these. */
  submit(page: Page, fields: Readonly<Record<string, string>>): Promise<Page> {
    const action = /<form[^>]* action="([^"]*)"/.exec(page.html)?.[1];
    if (action === undefined) throw new Error(`no form on ${page.url.href}: ${page.html}`);
    return this.#open(new URL(action.replaceAll("&amp;", "&"), page.url), new URLSearchParams({ ...hiddenFields(page.html), ...fields }));
  }

  async #open(url: URL, form: URLSearchParams | undefined): Promise<Page> {
    const cookie = [...this.#cookies].map((pair) => pair.join("=")).join("; ");
    const headers = { cookie, accept: "text/html,*/*;q=0.8" };
    const response = await fetch(url, { method: form ? "POST" : "GET", body: form ?? null, headers, redirect: "manual" });
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    const html = await response.text();
    const location = response.headers.get("location");
    if (location === null) return { status: response.status, url, html };
    const next = new URL(location, url);
    return next.origin === url.origin ? this.#open(next, undefined) : { status: response.status, url: next, html };
  }

  #keep(line: string): void {
    const [name = "", value = ""] = line.split(";", 1).join("").split("=");
    if (value === "") this.#cookies.delete(name);
    else this.#cookies.set(name, value);
  }
}

function hiddenFields(html: string): Record<string, string> {
  const fields = html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g);
  return Object.fromEntries([...fields].map(([, name, value]) => [name, value]));
}
