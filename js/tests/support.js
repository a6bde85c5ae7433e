// Stand-ins for the browser.

/** A model: traits, events and the messages that were sent. */
export function makeModel(traits) {
  const listeners = [];
  return {
    sent: [],
    get: (name) => traits[name],
    set(name, value) {
      traits[name] = value;
      for (const [event, callback] of listeners) if (event === `change:${name}`) callback();
    },
    save_changes() {},
    send(content) {
      this.sent.push(content);
    },
    on: (event, callback) => listeners.push([event, callback]),
    off(event, callback) {
      const at = listeners.findIndex(([name, other]) => name === event && other === callback);
      if (at >= 0) listeners.splice(at, 1);
    },
    listeners,
  };
}

/** A signal like Lumino's. */
export function makeSignal() {
  const slots = new Set();
  return { connect: (slot) => slots.add(slot), disconnect: (slot) => slots.delete(slot), emit: () => slots.forEach((slot) => slot()), slots };
}
