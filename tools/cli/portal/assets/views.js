"use strict";
/*
 * A page with two views: a list, and one thing of it in full while the address names it. Opening one moves the focus to
 * its title, going back returns to the list as it was.
 */
portal.views = (() => {
  const { element } = portal;

  /**
   * Bring both views to life.
   * @param {object} wanted
   *   list: with read();
   *   words: what the address calls a thing that can be opened;
   *   open: (word, value) => {title, nodes}, or a promise of it, or nothing when there is no such thing.
   */
  return function views({ list, words, open }) {
    const all = document.getElementById("all");
    const one = document.getElementById("one");
    const title = document.getElementById("one-title");
    const content = document.getElementById("one-content");
    let left = "#";

    function named() {
      const place = portal.place();
      const word = words.find((each) => place.has(each));
      return word && [word, place.get(word)];
    }

    async function show([word, value]) {
      all.hidden = true;
      one.hidden = false;
      title.textContent = "…";
      content.replaceChildren();
      document.getElementById("one-back").href = left;
      let found;
      try {
        found = await open(word, value);
      } catch (error) {
        const text = "It cannot be shown: " + error.message + ". Make the portal again.";
        found = { title: value, nodes: [element("p", {}, text)] };
      }
      if (named()?.[1] !== value) return; // another one was opened meanwhile
      found ??= { title: "Not here", nodes: [element("p", {}, "This portal knows nothing of " + value + ".")] };
      title.textContent = found.title;
      content.replaceChildren(...found.nodes);
      title.focus();
      window.scrollTo(0, 0);
    }

    function go() {
      const wanted = named();
      if (wanted) {
        show(wanted);
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
      if (!words.some((each) => place.has(each))) left = before || "#";
      go();
    });
    go();
  };
})();
