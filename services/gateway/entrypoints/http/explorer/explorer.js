// Shows the OpenAPI document of the gateway that serves this page, and sends requests to it.
// The key is in its input field and nowhere else. All text becomes text nodes, never markup.

const METHODS = ["get", "post", "put", "patch", "delete"];
const DEEPEST_SKELETON = 3; // levels of a request that is made up from its schema
const LONGEST_SHOWN = 2_000_000; // characters of an answer

const byId = (id) => document.getElementById(id);
let api;

/** An element: `attributes` as properties, but for ARIA's; children are elements or texts. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "role" || key.startsWith("aria-")) made.setAttribute(key, value);
    else made[key] = value;
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

/** What a `$ref` leads to, or the thing itself. */
function resolved(thing) {
  if (!thing || !thing.$ref) return thing;
  return thing.$ref.slice(2).split("/").reduce((part, step) => part[step], api);
}

/** A line of Markdown as nodes: only code between backticks. */
function words(text) {
  return (text ?? "").split("`").map((part, index) => (index % 2 ? element("code", {}, part) : part));
}

// ── Schemas ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** A schema's type in a few words. */
function typeOf(schema) {
  if (schema.$ref) return schema.$ref.split("/").at(-1);
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(" or ");
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" or ");
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.type === "array") return `list of ${typeOf(schema.items ?? {})}`;
  const map = schema.type === "object" && schema.additionalProperties;
  if (map && map !== true) return `map of ${typeOf(map)}`;
  return [[schema.type ?? "anything"].flat().join(" or "), schema.format ?? schema.contentEncoding].filter(Boolean).join(", ");
}

/** The schemas with fields that a schema speaks of. */
function inner(schema) {
  const target = resolved(schema);
  if (target.properties) return [target];
  const values = typeof target.additionalProperties === "object" ? [target.additionalProperties] : [];
  return [...(target.anyOf ?? []), ...(target.items ? [target.items] : []), ...values].flatMap(inner);
}

/** A schema's fields; those of a field that has some are listed when it is opened, for schemas may hold themselves. */
function fieldsOf(schema) {
  const list = element("ul", { className: "schema" });
  for (const part of inner(schema)) {
    if (part.description) list.append(element("li", { className: "note" }, words(part.description)));
    for (const [name, field] of Object.entries(part.properties)) list.append(fieldLine(name, field, part));
    if (part.additionalProperties === true) list.append(element("li", { className: "note" }, "… and further fields"));
  }
  if (!list.childElementCount) list.append(element("li", {}, typeOf(schema)));
  return list;
}

function fieldLine(name, field, parent) {
  const needed = parent.required?.includes(name) ? " (required)" : "";
  const line = [element("code", {}, name), ` ${typeOf(field)}${needed} `, element("span", { className: "note" }, words(field.description))];
  if (!inner(field).length) return element("li", {}, line);
  const more = element("details", {}, element("summary", {}, line));
  more.addEventListener("toggle", () => more.append(fieldsOf(field)), { once: true });
  return element("li", {}, more);
}

/** A value of a schema's form, to begin from. */
function skeleton(schema, depth = 0) {
  const target = resolved(schema) ?? {};
  if (target.anyOf) return skeleton(target.anyOf[0], depth);
  if ("default" in target) return target.default;
  if (target.enum) return target.enum[0];
  if (target.type === "array") return [];
  if (target.type === "integer" || target.type === "number") return 0;
  if (target.type === "boolean") return false;
  if (target.type !== "object") return "";
  if (depth >= DEEPEST_SKELETON) return {};
  const names = Object.keys(target.properties ?? {}).filter((name) => !target.required || target.required.includes(name));
  return Object.fromEntries(names.map((name) => [name, skeleton(target.properties[name], depth + 1)]));
}

// ── Operations ────────────────────────────────────────────────────────────────────────────────────────────────────

/** All operations, each with what its path says of all its methods. */
function operations() {
  return Object.entries(api.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => {
      const operation = item[method];
      const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])].map(resolved);
      return { path, method, ...operation, parameters };
    }),
  );
}

/** An operation, folded; what is inside is made when it is opened. */
function operationView(operation) {
  const view = element(
    "details",
    { className: "operation", id: operation.operationId },
    element(
      "summary",
      {},
      element("span", { className: "method" }, operation.method),
      element("span", { className: "path" }, operation.path),
      element("span", { className: "note" }, words(operation.summary)),
    ),
  );
  view.addEventListener("toggle", () => view.append(...insideOf(operation)), { once: true });
  return view;
}

function insideOf(operation) {
  const content = operation.requestBody?.content["application/json"];
  const reference = operation.externalDocs;
  const form = new RequestForm(operation, content);
  return [
    element("p", {}, words(operation.description)),
    reference && element("p", {}, element("a", { href: reference.url, rel: "noreferrer", target: "_blank" }, reference.description)),
    operation.parameters.length ? element("h3", {}, "Parameters") : null,
    operation.parameters.length ? form.parameterTable() : null,
    content && element("h3", {}, "Body"),
    content && fieldsOf(content.schema),
    element("h3", {}, "Send"),
    ...form.controls(),
    element("h3", {}, "Answers"),
    ...Object.entries(operation.responses).map(([status, response]) => answerView(status, resolved(response))),
  ].filter(Boolean);
}

function answerView(status, response) {
  const lines = response.description.split("\n").map((line) => element("p", {}, words(line.replace(/^- /, ""))));
  const headers = Object.entries(response.headers ?? {}).map(([name, header]) =>
    element("li", {}, element("code", {}, name), " ", element("span", { className: "note" }, words(resolved(header).description))),
  );
  const kinds = Object.entries(response.content ?? {}).flatMap(([kind, { schema }]) => [element("p", {}, kind), fieldsOf(schema)]);
  const folded = element("details", {}, element("summary", {}, "Headers"), element("ul", {}, headers));
  const summary = element("summary", {}, element("strong", {}, status), ` ${response.description.split("\n")[0].replace(/[`]|^- /g, "")}`);
  return element("details", {}, summary, lines, headers.length ? folded : null, kinds);
}

// ── Requests ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** The fields and buttons by which an operation's request is made and sent, and where its answer is shown. */
class RequestForm {
  constructor(operation, content) {
    this.operation = operation;
    this.examples = Object.values(content?.examples ?? {});
    this.inputs = operation.parameters.map((parameter) => [parameter, parameterInput(parameter)]);
    this.body = content && element("textarea", { spellcheck: false, "aria-label": "Body" });
    if (this.body) this.show(this.examples[0]?.value ?? skeleton(content.schema));
    this.status = element("p", { role: "status" });
    this.answer = element("pre", { hidden: true });
    this.sending = null;
  }

  parameterTable() {
    const rows = this.inputs.map(([parameter, input]) =>
      element("tr", {}, element("td", {}, element("code", {}, parameter.name)), element("td", {}, parameter.in),
        element("td", {}, input), element("td", { className: "note" }, words(parameter.description ?? typeOf(parameter.schema)))),
    );
    return element("table", {}, element("tbody", {}, rows));
  }

  controls() {
    const send = element("button", { type: "button" }, "Send");
    const stop = element("button", { type: "button" }, "Stop");
    send.addEventListener("click", () => this.send());
    stop.addEventListener("click", () => this.sending?.abort());
    const choice = element("select", { "aria-label": "Example" },
      this.examples.map((example, index) => element("option", { value: index }, `${example.summary} → ${example["x-seawall-status"]}`)));
    choice.addEventListener("change", () => this.show(this.examples[choice.value].value));
    return [this.examples.length ? choice : null, this.body, element("div", { className: "buttons" }, send, stop), this.status, this.answer];
  }

  show(value) {
    this.body.value = JSON.stringify(value, null, 2);
  }

  /** The request: [URL, options]. The page's own address is what paths are relative to. */
  request() {
    let path = this.operation.path.slice(1);
    const headers = new Headers();
    const query = new URLSearchParams();
    for (const [parameter, input] of this.inputs) {
      if (parameter.in === "path") path = path.replace(`{${parameter.name}}`, input.value.split("/").map(encodeURIComponent).join("/"));
      else if (input.value && parameter.in === "query") query.set(parameter.name, input.value);
      else if (input.value) headers.set(parameter.name, input.value);
    }
    const key = byId("key").value.trim();
    if (key && this.operation.security?.length !== 0) headers.set("authorization", `Bearer ${key}`);
    if (this.body) headers.set("content-type", "application/json");
    const url = new URL(query.size ? `${path}?${query}` : path, document.baseURI);
    return [url, { method: this.operation.method.toUpperCase(), headers, body: this.body?.value, credentials: "omit", cache: "no-store" }];
  }

  async send() {
    this.sending?.abort();
    const sending = (this.sending = new AbortController());
    this.answer.hidden = false;
    this.answer.textContent = "";
    this.say("Sent …");
    try {
      const [url, options] = this.request();
      const response = await fetch(url, { ...options, signal: sending.signal });
      this.say(`${response.status} ${response.statusText}`, !response.ok);
      await this.read(response, sending);
    } catch (error) {
      if (this.sending === sending) this.say(sending.signal.aborted ? "Stopped." : `${error}`, true);
    }
  }

  /** Show the answer as it comes: its headers, then its body. */
  async read(response, sending) {
    const head = [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
    const parts = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (let part = await parts.read(); !part.done && text.length < LONGEST_SHOWN; part = await parts.read()) {
      text += part.value;
      if (this.sending === sending) this.answer.textContent = `${head}\n\n${text}`;
    }
    if (text.length >= LONGEST_SHOWN) await parts.cancel();
    if (this.sending === sending) this.answer.textContent = `${head}\n\n${readable(text)}`;
  }

  say(text, failed = false) {
    this.status.textContent = text;
    this.status.className = failed ? "failed" : "";
  }
}

function parameterInput({ name, schema, example }) {
  const about = { "aria-label": name, value: example ?? "", placeholder: schema.default ?? "" };
  if (!schema.enum) return element("input", about);
  return element("select", { "aria-label": name }, ["", ...schema.enum].map((value) => element("option", { value }, value)));
}

/** JSON with line breaks; anything else as it is. */
function readable(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

// ── The page ──────────────────────────────────────────────────────────────────────────────────────────────────────

function show() {
  const all = operations();
  const views = new Map(all.map((operation) => [operation, operationView(operation)]));
  const sections = api.tags.map(({ name, description }) => {
    const own = all.filter((operation) => operation.tags.includes(name));
    return element("section", {}, element("h2", {}, name), element("p", { className: "note" }, words(description)), own.map((operation) => views.get(operation)));
  });
  byId("operations").replaceChildren(...sections);
  byId("find").addEventListener("input", ({ target }) => {
    const wanted = target.value.toLowerCase();
    for (const [{ method, path, summary }, view] of views) view.hidden = !`${method} ${path} ${summary}`.toLowerCase().includes(wanted);
    for (const section of sections) section.hidden = !section.querySelector("details.operation:not([hidden])");
  });
  const named = byId(decodeURIComponent(location.hash.slice(1)));
  if (named instanceof HTMLDetailsElement) named.open = true;
  named?.scrollIntoView();
}

try {
  const response = await fetch(new URL("openapi.json", document.baseURI));
  if (!response.ok) throw new Error(`the document is not there: ${response.status}`);
  api = await response.json();
  show();
} catch (error) {
  byId("operations").replaceChildren(element("p", { className: "failed", role: "alert" }, `${error}`));
}
