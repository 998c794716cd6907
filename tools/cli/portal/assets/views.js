"use strict";
/*
 * A page with two views: a list, and one of its items in full while the address names it. Opening an item moves the focus
 * to its title; going back returns to the list with its filters.
 */
portal.views = (() => {
  const { element } = portal;

  /**
   * Bring both views to life.
   * @param {object} options
   *   list: with read();
   *   words: parameters of the address that name an item;
   *   open: (word, value) => {title, nodes}, or a promise of it, or nothing when there is no such item.
   */
  return function views({ list, words, open }) {
    const all = document.getElementById("all");
    const one = document.getElementById("one");
    const title = document.getElementById("one-title");
    const content = document.getElementById("one-content");
    let left = "#";

    function addressed() {
      const place = portal.place();
      const word = words.find((candidate) => place.has(candidate));
      return word && [word, place.get(word)];
    }

    async function show([word, value]) {
      all.hidden = true;
      one.hidden = false;
      title.textContent = "…";
      content.replaceChildren();
      document.getElementById("one-back").href = left;
      let view;
      try {
        view = await open(word, value);
      } catch (error) {
        const text = "It cannot be shown: " + error.message + ". Make the portal again.";
        view = { title: value, nodes: [element("p", {}, text)] };
      }
      if (addressed()?.[1] !== value) return; // another one was opened meanwhile
      view ??= { title: "Not here", nodes: [element("p", {}, "This portal knows nothing of " + value + ".")] };
      title.textContent = view.title;
      content.replaceChildren(...view.nodes);
      title.focus();
      window.scrollTo(0, 0);
    }

    function go() {
      const opened = addressed();
      if (opened) {
        show(opened);
        return;
      }
      const wasOpen = !one.hidden;
      one.hidden = true;
      all.hidden = false;
      list.read();
      if (wasOpen) all.querySelector("input").focus();
    }

    window.addEventListener("hashchange", (event) => {
      const before = new URL(event.oldURL).hash;
      const place = new URLSearchParams(before.slice(1));
      if (!words.some((candidate) => place.has(candidate))) left = before || "#";
      go();
    });
    go();
  };
})();
