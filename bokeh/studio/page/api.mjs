// The server's answers: every request carries the token, every refusal becomes an ApiError.

export class ApiError extends Error {
  constructor(message, code, status) {
    super(message);
    this.name = "ApiError";
    this.code = code;
    this.status = status;
  }
}

/** Whether a request ended because the page itself no longer wanted it. */
export const isAborted = (error) => error?.name === "AbortError";

export function createApi(token, base = "") {
  const page = crypto.randomUUID(); // so that two pages do not end each other's drafts
  async function ask(method, path, { body, headers = {}, signal, raw = false } = {}) {
    const answer = await fetch(base + path, {
      method,
      signal,
      cache: "no-store",
      headers: {
        "X-Rebokeh-Token": token,
        "X-Page": page,
        ...(body !== undefined && !raw ? { "Content-Type": "application/json" } : {}),
        ...headers,
      },
      body: body === undefined || raw ? body : JSON.stringify(body),
    });
    if (answer.ok) return answer;
    const said = await answer.json().catch(() => ({}));
    throw new ApiError(said.error ?? answer.statusText, said.code ?? "", answer.status);
  }

  const json = async (...request) => (await ask(...request)).json();
  const bitmap = async (...request) => createImageBitmap(await (await ask(...request)).blob());

  /** Call `tell` with each server-sent event until `signal` aborts; resolves when the stream ends. */
  async function events(tell, signal) {
    const answer = await ask("GET", "/api/events", { signal });
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const blocks = (rest + value).replaceAll("\r\n", "\n").split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) {
        const data = block.split("\n").filter((line) => line.startsWith("data:"));
        if (data.length) tell(JSON.parse(data.map((line) => line.slice(5)).join("\n")));
      }
    }
  }

  /** Say goodbye while the page goes; nobody waits for the answer. */
  const bye = () => {
    fetch(`${base}/api/bye`, { method: "POST", keepalive: true, headers: { "X-Rebokeh-Token": token, "X-Page": page } }).catch(() => {});
  };

  return {
    get: (path, more) => json("GET", path, more),
    post: (path, body = {}, more = {}) => json("POST", path, { body, ...more }),
    upload: (file) =>
      json("POST", "/api/photos", { body: file, raw: true, headers: { "X-Name": encodeURIComponent(file.name) } }),
    picture: (path, more) => bitmap("GET", path, more),
    blob: async (path, more) => (await ask("GET", path, more)).blob(),
    postPicture: (path, body, more = {}) => bitmap("POST", path, { body, ...more }),
    ask,
    events,
    bye,
  };
}
