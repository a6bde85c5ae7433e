// The chosen vector and the second one. A choice counts from the click on, before the kernel has it: the next click may refer to it.

/** @typedef {import("./wire").Traits} Traits */

/**
 * `changed()` is called after each choice, and once the kernel has answered.
 * @param {{ model: Pick<import("../core/types").Model<Traits>, "get">, own: import("../core/types").MakeOwn }} page
 * @param {{ changed: () => void }} given
 */
export function makeChosen({ model, own }, { changed }) {
  const sent = own(changed);
  /** @type {{ name: string, second: string | null }} */
  let asked = { name: "", second: null };
  const name = () => (sent.waits() ? asked.name : model.get("chosen"));
  const second = () => (sent.waits() ? (asked.second ?? "") : model.get("second"));
  /** @param {string} wanted @param {string | null} [beside] */
  function choose(wanted, beside = null) {
    asked = { name: wanted, second: beside };
    sent.tell({ kind: "choose", ...asked });
    changed();
  }
  return {
    name,
    second,
    choose,
    /** Compare a vector with the chosen one, or no longer. @param {string} other */
    compare(other) {
      if (other !== name()) choose(name(), second() === other ? null : other);
    },
  };
}
