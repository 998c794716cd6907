"use strict";
/*
 * The access explorer: any of who, can and on is a question. Its rows are what `make access` decided, deny rules and paths
 * over other principals included; the page looks up which of them are about what is asked, and decides nothing.
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

  /** Places of what a text means: of one by its whole name, else of all whose name ends with or contains it. */
  function like(names, text) {
    const wanted = small(text.trim());
    for (const fits of [
      (name) => name === wanted,
      (name) => name.endsWith(wanted) && /[/ :]$/.test(name.slice(0, -wanted.length)),
      (name) => name.includes(wanted),
    ]) {
      const found = names.flatMap((those, place) => (those.some(fits) ? [place] : []));
      if (found.length) return found;
    }
    return [];
  }

  /** A row as it answers: with the permissions that are asked for, and what deny rules leave of them. */
  function answered([who, role, on, verdict, steps, urn = 0, refused = []], asked) {
    const row = { who, role, on, verdict, path: steps.map((step) => texts[step]), declared: urns[urn] };
    if (!asked) return row;
    const inside = asked.filter((action) => !contents[role] || contents[role].has(action));
    if (!inside.length) return undefined;
    const rules = refused.filter(([action]) => inside.includes(action));
    if (rules.length < inside.length) return row;
    const [, left, rule] = rules.reduce((most, each) => (each[1] > most[1] ? each : most));
    return { ...row, verdict: Math.min(verdict, left), path: [...row.path, texts[rule]] };
  }

  /** Whether a row holds on something: it is granted there or above, and no other row is nearer. */
  function holds([, , on, , , , , apart = [], nearer = []], spot) {
    const line = resources[spot][2];
    return line.includes(on) && !apart.includes(spot) && !nearer.some((place) => line.includes(place));
  }

  function answer(asked) {
    say("");
    const found = Object.fromEntries(Object.keys(words).map((word) => [word, asked[word] && like(words[word], asked[word])]));
    if (asked.who && !found.who.length) {
      say("Nobody here is called that.");
      return [];
    }
    if (asked.can && !found.can.length) {
      say("No role here contains a permission like that.");
      return [];
    }
    if (asked.on && !found.on.length) {
      say("Nothing with a policy of its own is called that: what is granted on the project holds there.");
      found.on = like(words.on, "project");
    }
    const who = found.who && new Set(found.who);
    const told = rows
      .filter((row) => (!who || who.has(row[0])) && (!found.on || found.on.some((spot) => holds(row, spot))))
      .flatMap((row) => answered(row, found.can) ?? []);
    if (asked.can && !note.textContent && told.every((row) => row.verdict === NO)) {
      say(
        (asked.who ? "Cannot." : "Nobody can.") +
          (told.length ? " There is a grant, and a deny rule goes before it." : " Nothing grants it."),
      );
    }
    return told;
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

  /** A role's title, and what it contains when somebody wants to see it. */
  function what(row) {
    const [name, title] = roles[row.role];
    const held = contents[row.role];
    if (held && !held.size) return title || name;
    const size = held ? portal.count(held.size, "permission") : "contents unknown";
    const folded = element("details", {}, element("summary", {}, title || name, " ", element("small", {}, size)));
    const list = () => element("p", { class: "mono" }, [...(held ?? [])].map((action) => actions[action]).join(", "));
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
