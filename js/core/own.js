// Values that the controls of a page sent and the kernel has not handled yet.
//
// The kernel answers each message with new traits. While a user presses keys or types, the answer to one message arrives after the
// next one was sent, and shows an older value. So a control keeps the user's value until all its own messages are handled.

/**
 * `own(settled)` returns the messages of some controls, which a key tells apart: `tell(message, ...keys)` sends one, `waits(key)` is
 * true until the kernel has handled all of that key. Each time a key has none left, `settled()` is called: then the traits hold what
 * became of them.
 * @param {import("./types").Tell<any>} tell
 * @returns {{ own: import("./types").MakeOwn, handled: (ids: string[]) => void }}
 */
export function makeOwnMessages(tell) {
  /** @type {((ids: string[]) => void)[]} */
  const hearers = [];
  /** @type {import("./types").MakeOwn} */
  function own(settled) {
    /** @type {Map<string, Set<string>>} */
    const open = new Map(); // ids by key
    hearers.push((ids) => {
      let done = false;
      for (const [key, waiting] of open) {
        for (const id of ids) waiting.delete(id);
        if (!waiting.size) done = open.delete(key);
      }
      if (done) settled();
    });
    return {
      tell(message, ...keys) {
        const id = tell(message);
        if (id) for (const key of keys.length ? keys : [""]) open.set(key, (open.get(key) ?? new Set()).add(id));
        return id;
      },
      waits: (key = "") => open.has(key),
    };
  }
  return { own, handled: (ids) => hearers.forEach((hear) => hear(ids)) };
}

/**
 * Writes the model's value into a field, unless the user is typing there: `show(text)` as often as the model changes, `took()` once
 * what was typed is sent.
 * @param {Pick<HTMLInputElement, "value" | "ownerDocument">} input
 */
export function makeFieldText(input) {
  let last = input.value; // shown or sent
  return {
    /** @param {string} text */
    show(text) {
      if (input.ownerDocument.activeElement === /** @type {unknown} */ (input) && input.value !== last) return;
      last = text;
      if (input.value !== text) input.value = text;
    },
    took: () => void (last = input.value),
  };
}
