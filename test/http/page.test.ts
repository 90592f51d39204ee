import { describe, expect, it } from "vitest";

import { submission } from "../../src/http/form.ts";
import { readPage } from "../../src/http/page.ts";

const PAGE = new URL("https://login.example/realm/page?x=1");
const read = (html: string) => readPage(PAGE, html);
const onlyForm = (html: string) => {
  const { forms } = read(html);
  expect(forms).toHaveLength(1);
  return forms[0]!;
};

describe("a form", () => {
  it.each([
    ["", "https://login.example/realm/page?x=1"],
    ['action=""', "https://login.example/realm/page?x=1"],
    ['action="next?a=1&amp;b=2"', "https://login.example/realm/next?a=1&b=2"],
    ['action="/top"', "https://login.example/top"],
    ['action="//other.example/x"', "https://other.example/x"],
    ['action="https://other.example/"', "https://other.example/"],
  ])("with %s goes to %s", (attribute, url) => {
    expect(onlyForm(`<form ${attribute}></form>`).action.href).toBe(url);
  });

  it("is resolved against the page's base", () => {
    expect(onlyForm('<base href="/app/"><form action="next"></form>').action.href).toBe("https://login.example/app/next");
  });

  it("is one of the first 50 of its page", () => {
    const { forms } = read(Array.from({ length: 20_000 }, (_, id) => `<form id="${id}"></form><input form="x" name="a">`).join(""));
    expect(forms.map((form) => form.id)).toEqual(Array.from({ length: 50 }, (_, id) => `${id}`));
  });

  it("has no more than its page's first 500 fields", () => {
    const { fields } = onlyForm(`<form><label>${"<input name=a>".repeat(20_000)}</label></form>`);
    expect(fields).toHaveLength(500);
  });

  it("whose action is no URL is left out", () => {
    expect(read('<form action="http://["></form>').forms).toEqual([]);
  });

  it("has its fields with name, type, value, label and what a browser knows of them", () => {
    const { fields } = onlyForm(`<form>
      <label for="u">User name</label><input id="u" name="user" autocomplete="USERNAME" required>
      <label>Password <input type="PASSWORD" name="pass"></label>
      <input type="hidden" name="csrf" value="a&quot;b">
      <input type="checkbox" name="remember" checked>
      <input name="code" placeholder="Code" readonly value="7">
      <select name="realm"><option value="a">A<option value="b" selected>Bee</select>
      <input type="text" value="has no name"><input name="off" disabled><input type="button" name="b"><input type="file" name="f">
    </form>`);
    expect(fields).toMatchObject([
      { name: "user", type: "text", label: "User name", autocomplete: "username", isRequired: true },
      { name: "pass", type: "password", label: "Password", isRequired: false },
      { name: "csrf", type: "hidden", value: 'a"b' },
      { name: "remember", type: "checkbox", value: "on", isChecked: true },
      { name: "code", label: "Code", isReadOnly: true, value: "7" },
      {
        name: "realm",
        type: "select",
        value: "b",
        options: [
          { value: "a", label: "A" },
          { value: "b", label: "Bee" },
        ],
      },
    ]);
  });

  it("counts a field that is hidden by its own attributes as hidden", () => {
    const { fields } = onlyForm('<form><input name="trap" style="display: none"><input name="later" hidden></form>');
    expect(fields.map((field) => field.type)).toEqual(["hidden", "hidden"]);
  });

  it("has the controls that name it from outside, and those of a table it was opened in", () => {
    const [first, second] = read(`<form id="one"></form><input name="a" form="one">
      <table><form id="two"><tr><td><input name="b"></td></tr></form></table>`).forms;
    expect(first?.fields.map((field) => field.name)).toEqual(["a"]);
    expect(second?.fields.map((field) => field.name)).toEqual(["b"]);
  });

  it("has the buttons that submit it", () => {
    const { buttons } = onlyForm(
      '<form><button>Go <b>on</b></button><button type="button">no</button><input type="submit" name="ok" value="Yes"><button type="reset">no</button></form>',
    );
    expect(buttons).toEqual([
      { name: "", value: "", id: "", text: "Go on" },
      { name: "ok", value: "Yes", id: "", text: "Yes" },
    ]);
  });

  it("is found in noscript, where a page without scripts has it", () => {
    expect(onlyForm("<noscript><form action=/x></form></noscript>").action.pathname).toBe("/x");
  });

  it("is submitted as a body, or as the query that replaces its action's", () => {
    const entries = [
      ["a b", "ü&="],
      ["c", ""],
    ] as const;
    expect(submission(onlyForm('<form method="post" action="/x?keep=1"></form>'), entries)).toEqual({
      method: "POST",
      url: new URL("https://login.example/x?keep=1"),
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: "a+b=%C3%BC%26%3D&c=",
    });
    const { method, url } = submission(onlyForm('<form action="/x?gone=1"></form>'), entries);
    expect([method, url.href]).toEqual(["GET", "https://login.example/x?a+b=%C3%BC%26%3D&c="]);
  });
});

describe("a page", () => {
  it("is titled by its heading, else by its document", () => {
    expect(read("<title>Document</title><h1> Log \n in </h1>").title).toBe("Log in");
    expect(read("<title>Document</title><h1></h1>").title).toBe("Document");
    expect(read("").title).toBe("");
  });

  it("shows what stands in elements that look like errors, not their scripts or what is hidden", () => {
    const { errors } = read(`<span id="input-error" class="pf-m-error">Wrong <b>password</b><script>x()</script></span>
      <div role="alert">Try again</div><div class="alert" hidden>never</div><p class="terror">no</p><form class="error"><p>no</p></form>`);
    expect(errors).toEqual(["Wrong password", "Try again"]);
  });

  it("is read in moderate time however it is nested", () => {
    const startedAt = performance.now();
    for (const html of [
      "<div>".repeat(50_000),
      "<a><b><i>".repeat(20_000),
      "<table><td>x".repeat(20_000),
      "<form><input name=x>".repeat(40_000),
    ]) {
      read(`${html}<form>`);
    }
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  it("is read in moderate time however long the text in its headings is", () => {
    const startedAt = performance.now();
    expect(read(`${"<div><h1>".repeat(200)}${" x".repeat(400_000)}`).title).toHaveLength(300);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  it("that opens what nothing closes again in every block is given up", () => {
    const names = Array.from({ length: 12_000 }, (_, number) => `<b a${number.toString(36)}>`).join("");
    const startedAt = performance.now();
    expect(() => read(`<div>${names}</div>${"<div>x</div>".repeat(8_000)}`)).toThrow(/has more than 400000 elements$/);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });
});
