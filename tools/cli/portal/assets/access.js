"use strict";
/*
 * The access explorer: a question names any of who, can and on. Its rows are decisions of `make access`, with deny rules
 * and escalation paths applied; the page selects the rows that answer a question, and decides nothing.
 */
(() => {
  const { element } = portal;
  const { principals, resources, roles, can: actions, texts, urns, rows } = portal.data("access");
  const VERDICTS = ["no", "part", "maybe", "yes"];
  const NO = 0;
  const note = document.getElementById("note");
  const words = {
    who: principals.map(([name, known]) => [name, ...known.split("\n")].map(small)),
    on: resources.map(([name, id]) => [name, id].map(small)),
    can: actions.map((action) => [small(action)]),
  };
  const contents = roles.map(([, , can]) => can && new Set(can));

  function small(text) {
    return text.toLowerCase();
  }

  function say(text) {
    note.textContent = text;
  }

  /** Indexes of the names that match a text: the equal name, else all names that end with it or contain it. */
  function like(names, text) {
    const term = small(text.trim());
    for (const fits of [
      (name) => name === term,
      (name) => name.endsWith(term) && /[/ :]$/.test(name.slice(0, -term.length)),
      (name) => name.includes(term),
    ]) {
      const indexes = names.flatMap((those, place) => (those.some(fits) ? [place] : []));
      if (indexes.length) return indexes;
    }
    return [];
  }

  /** Answer of a row: the permissions in question, and what deny rules leave of them. */
  function answered([who, role, on, verdict, steps, urn = 0, refused = []], requested) {
    const row = { who, role, on, verdict, path: steps.map((step) => texts[step]), declared: urns[urn] };
    if (!requested) return row;
    const inside = requested.filter((action) => !contents[role] || contents[role].has(action));
    if (!inside.length) return undefined;
    const rules = refused.filter(([action]) => inside.includes(action));
    if (rules.length < inside.length) return row;
    const [, left, rule] = rules.reduce((most, candidate) => (candidate[1] > most[1] ? candidate : most));
    return { ...row, verdict: Math.min(verdict, left), path: [...row.path, texts[rule]] };
  }

  /** Return whether a row applies to a resource: it is granted there or above, and no other row is nearer. */
  function holds([, , on, , , , , apart = [], nearer = []], spot) {
    const line = resources[spot][2];
    return line.includes(on) && !apart.includes(spot) && !nearer.some((place) => line.includes(place));
  }

  function answer(question) {
    say("");
    const matches = Object.fromEntries(Object.keys(words).map((word) => [word, question[word] && like(words[word], question[word])]));
    if (question.who && !matches.who.length) {
      say("Nobody here is called that.");
      return [];
    }
    if (question.can && !matches.can.length) {
      say("No role here contains a permission like that.");
      return [];
    }
    if (question.on && !matches.on.length) {
      say("Nothing with a policy of its own is called that: what is granted on the project holds there.");
      matches.on = like(words.on, "project");
    }
    const who = matches.who && new Set(matches.who);
    const results = rows
      .filter((row) => (!who || who.has(row[0])) && (!matches.on || matches.on.some((spot) => holds(row, spot))))
      .flatMap((row) => answered(row, matches.can) ?? []);
    if (question.can && !note.textContent && results.every((row) => row.verdict === NO)) {
      say(
        (question.who ? "Cannot." : "Nobody can.") +
          (results.length ? " There is a grant, and a deny rule goes before it." : " Nothing grants it."),
      );
    }
    return results;
  }

  function path(row) {
    const link =
      row.declared && element("a", { href: portal.address("inventory.html", { resource: row.declared }) }, "declared here");
    if (row.path.length === 1) return element("span", {}, row.path[0] + " ", link || null);
    const items = row.path.map((text, number) =>
      element("li", {}, text + " ", number === row.path.length - 1 && link ? link : null),
    );
    return element("ol", { class: "path" }, ...items);
  }

  /** A role's title, with its permissions in a fold. */
  function what(row) {
    const [name, title] = roles[row.role];
    const permissions = contents[row.role];
    if (permissions && !permissions.size) return title || name;
    const size = permissions ? portal.count(permissions.size, "permission") : "contents unknown";
    const folded = element("details", {}, element("summary", {}, title || name, " ", element("small", {}, size)));
    const list = () => element("p", { class: "mono" }, [...(permissions ?? [])].map((action) => actions[action]).join(", "));
    folded.addEventListener("toggle", () => folded.append(list()), { once: true });
    return folded;
  }

  const badge = ["passed", "advisory", "advisory", "yes"];
  const form = document.querySelector("form");
  const list = portal.list({
    name: "answers",
    form,
    answer,
    word: "answer",
    columns: {
      who: { value: (row) => principals[row.who][0], cell: (row) => principals[row.who][0] },
      verdict: {
        value: (row) => row.verdict,
        cell: (row) => element("span", { class: "badge " + badge[row.verdict] }, VERDICTS[row.verdict]),
      },
      what: { value: (row) => roles[row.role][1] || roles[row.role][0], cell: what },
      on: { value: (row) => resources[row.on][0], cell: (row) => resources[row.on][0] },
      path: { value: (row) => row.path.length, cell: path, className: "long" },
    },
  });
  window.addEventListener("hashchange", () => list.read());
})();
