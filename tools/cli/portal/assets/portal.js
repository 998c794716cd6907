"use strict";
/*
 * Functions that the scripts of all pages share: data that came as scripts, elements, and the part of the address after
 * "#", which has the filters so that a view can be passed on. Texts become text nodes only: nothing here parses HTML.
 */
const portal = (() => {
  const taken = new Map();
  const waiting = new Map();
  // Where the browser knows Trusted Types, only files of data beside the page can become scripts.
  const policy = window.trustedTypes?.createPolicy("portal", { createScriptURL: checked });

  function checked(file) {
    if (!/^data\/[a-z0-9.-]+\.js$/.test(file)) throw new TypeError("not a file of data: " + file);
    return file;
  }

  /** Called by each file of data. */
  function take(key, value) {
    taken.set(key, value);
    waiting.get(key)?.(value);
  }

  /** The data of a file that the page has loaded already. */
  function data(key) {
    return taken.get(key);
  }

  /** The data of a file, loaded on the first request. */
  function load(key, file) {
    if (taken.has(key)) return Promise.resolve(taken.get(key));
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      waiting.set(key, resolve);
      script.addEventListener("error", () => reject(new Error(file + " cannot be read")));
      script.src = policy ? policy.createScriptURL(file) : checked(file);
      document.head.append(script);
    });
  }

  /** An element with attributes and children; a text becomes a text node. */
  function element(name, attributes, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes ?? {})) made.setAttribute(key, value);
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
  }

  /** The parameters after "#" in the address. */
  function place() {
    return new URLSearchParams(location.hash.slice(1));
  }

  /** An address with parameters after "#"; empty ones are left out. */
  function address(page, words) {
    const kept = Object.entries(words).filter(([, value]) => value);
    return page + "#" + new URLSearchParams(kept).toString();
  }

  /** "1 resource", "1,200 resources". */
  function count(number, word) {
    return number.toLocaleString("en") + " " + word + (number === 1 ? "" : "s");
  }

  return { take, data, load, element, place, address, count };
})();
