import assert from "node:assert/strict";
import { test } from "node:test";
import { makeOutbox, memoryStore } from "../core/outbox.js";
import { makeFieldText, makeOwnMessages } from "../core/own.js";
import { makeDrag, makePreviews } from "../core/previews.js";
import { makeChosen } from "../explorer/chosen.js";
import { makeModel } from "./support.js";

/** A page whose kernel answers when the test says so: `sent` holds the messages, `answer()` handles the next one that must not be lost. */
function makeKernel(traits, apply) {
  const model = makeModel(traits);
  const sent = [];
  const outbox = makeOutbox({ ident: "x", store: memoryStore(), post: (content) => sent.push(content), online: () => true, onHandled: (ids) => messages.handled(ids), onWaiting: () => {} });
  const tell = (message) => (message.live ? void sent.push(message) : outbox.send(message, []));
  const messages = makeOwnMessages(tell);
  return {
    model, sent, tell, own: messages.own, close: outbox.close,
    answer() {
      const message = sent.shift();
      apply(model, message);
      if (message.turn) outbox.handled({ [message.turn[0]]: message.turn[1] });
      return message;
    },
  };
}

/** The slider of the explorer, without a document. */
function makeSlider(kernel) {
  const range = { value: "1" };
  const previews = makePreviews((strength) => kernel.tell({ kind: "set_strength", strength, live: true }));
  const drag = makeDrag({
    moves: previews.want,
    letGo(strength) {
      previews.drop();
      sent.tell({ kind: "set_strength", strength });
    },
  });
  const show = () => void (drag.moving() || sent.waits() || (range.value = String(kernel.model.get("strength"))));
  const sent = kernel.own(show);
  kernel.model.on("change:strength", show);
  return { range, drag, key(step) {
    range.value = String(Math.round(20 * (Number(range.value) + step)) / 20); // as the browser steps from what is shown
    drag.handlers.oninput({ currentTarget: range });
    drag.handlers.onchange();
  } };
}

test("an answer that arrives between two keys does not set the slider back, so no key is lost", () => {
  const kernel = makeKernel({ strength: 1 }, (model, { strength }) => model.set("strength", strength));
  const slider = makeSlider(kernel);
  for (let i = 0; i < 4; i++) {
    slider.key(-0.05);
    if (i % 2) kernel.answer();
  }
  assert.equal(slider.range.value, "0.8");
  while (kernel.sent.length) kernel.answer();
  assert.equal(kernel.model.get("strength"), 0.8);
  assert.equal(slider.range.value, "0.8");
  kernel.close();
});

test("a refused value is replaced by the kernel's once it is handled, and other pages' values are shown when nothing waits", () => {
  const kernel = makeKernel({ strength: 1 }, () => {});
  const slider = makeSlider(kernel);
  slider.key(0.05);
  while (kernel.sent.length) kernel.answer();
  assert.equal(slider.range.value, "1");
  kernel.model.set("strength", 0.4);
  assert.equal(slider.range.value, "0.4");
  kernel.close();
});

test("no live message follows the value that was let go", () => {
  const kernel = makeKernel({ strength: 1 }, (model, { strength }) => model.set("strength", strength));
  const slider = makeSlider(kernel);
  for (const value of ["1.2", "1.3", "1.4"]) {
    slider.range.value = value;
    slider.drag.handlers.oninput({ currentTarget: slider.range });
  }
  slider.drag.handlers.onchange();
  assert.deepEqual(kernel.sent.map(({ strength, live }) => [strength, Boolean(live)]), [[1.2, true], [1.4, false]]);
  kernel.close();
});

test("keys tell controls apart, and each is settled by its own last message", () => {
  const heard = [];
  const kernel = makeKernel({}, () => {});
  const own = kernel.own(() => heard.push([own.waits("a"), own.waits("b")]));
  own.tell({ kind: "one" }, "a");
  own.tell({ kind: "both" }, "a", "b");
  kernel.answer();
  assert.deepEqual([own.waits("a"), own.waits("b"), heard.length], [true, true, 0]);
  kernel.answer();
  assert.deepEqual(heard, [[false, false]]);
  kernel.tell({ kind: "of another control" });
  kernel.answer();
  assert.equal(heard.length, 1);
  kernel.close();
});

test("a second vector is compared with the one that was just clicked, although the kernel has not answered", () => {
  const kernel = makeKernel({ chosen: "smile", second: "" }, (model, { name, second }) => (model.set("chosen", name), model.set("second", second ?? "")));
  const chosen = makeChosen(kernel, { changed: () => {} });
  chosen.choose("beard");
  chosen.compare("age");
  assert.deepEqual([chosen.name(), chosen.second()], ["beard", "age"]);
  kernel.answer();
  assert.deepEqual([chosen.name(), chosen.second()], ["beard", "age"]);
  kernel.answer();
  assert.deepEqual([kernel.model.get("chosen"), kernel.model.get("second")], ["beard", "age"]);
  chosen.compare("age");
  chosen.compare("beard");
  assert.deepEqual([chosen.name(), chosen.second()], ["beard", ""]);
  kernel.close();
});

test("a field keeps what is being typed, and takes the model's value once that is sent or left", () => {
  const page = { activeElement: null };
  const input = { value: "", ownerDocument: page };
  const text = makeFieldText(input);
  text.show("3");
  page.activeElement = input;
  text.show("4");
  assert.equal(input.value, "4");
  input.value = "41";
  text.show("5");
  assert.equal(input.value, "41");
  text.took();
  text.show("6");
  assert.equal(input.value, "6");
  input.value = "no number";
  page.activeElement = null;
  text.show("7");
  assert.equal(input.value, "7");
});
