"use strict";
/*
 * The access explorer: any of who, can and on is a question. With a permission the rows are decisions, deny rules and ways
 * to become somebody else included; without one they are what is granted.
 */
(() => {
  const { element } = portal;
  const told = portal.data("access");
  const access = portal.decider(told);
  const VERBS = Object.keys(access.cluster?.verbs ?? {});
  const PAIRS = 400;
  const note = document.getElementById("note");

  function named(map, id) {
    return map.get(id)?.name ?? id;
  }

  const person = (id) => named(access.principals, id);
  const thing = (id) => named(access.resources, id);

  /** Things that a text means: one by its whole name, else all whose name ends with or contains it. */
  function like(all, text, names) {
    const wanted = text.trim().toLowerCase();
    const small = all.map((each) => [each, names(each).map((name) => name.toLowerCase())]);
    for (const fits of [
      (name) => name === wanted,
      (name) => /[/ :]$/.test(name.slice(0, -wanted.length)) && name.endsWith(wanted),
      (name) => name.includes(wanted),
    ]) {
      const found = small.filter(([, those]) => those.some(fits)).map(([each]) => each);
      if (found.length) return found;
    }
    return [];
  }

  const people = (text) => like(told.principals, text, (each) => [each.id, each.name]).map((each) => each.id);
  const things = (text) => like(told.resources, text, (each) => [each.id, each.name]).map((each) => each.id);

  function request(can, on) {
    const [verb, kind, more] = can.trim().toLowerCase().split(/\s+/);
    if (!kind || more || !VERBS.includes(verb)) return undefined;
    return { verb, resource: kind, namespace: on.trim().replace(/^namespaces?[/ ]/i, "") };
  }

  /** One way in which something is allowed, as steps. */
  function steps(somebody, reason) {
    const holder = reason.grant?.principal ?? reason.binding.principal;
    const found = holder === somebody ? [] : [person(somebody) + " is in " + person(holder)];
    if (reason.binding) {
      const where = reason.binding.namespace ? "namespace " + reason.binding.namespace : "the whole cluster";
      found.push(
        reason.binding.role + " in " + where + (reason.only?.length ? ", only for " + reason.only.join(", ") : ""),
      );
    } else {
      found.push(
        reason.grant.role.replace(/^(projects|organizations)\/[^/]+\//, "") +
          " on " +
          thing(reason.grant.resource) +
          (reason.grant.declared ? "" : ", which no state declares"),
      );
      const condition = reason.grant.condition;
      if (condition && reason.verdict !== "yes")
        found.push("if " + (condition.title ? condition.title + ": " : "") + condition.expression);
    }
    return found;
  }

  function decided(found, what, on) {
    const path = found.reasons[0] ? steps(found.who, found.reasons[0]) : ["no grant"];
    if (found.denials.length)
      path.push((found.verdict === "no" ? "denied: " : "perhaps denied: ") + found.denials[0].rule);
    return { who: found.who, verdict: found.verdict, what, on, path, reason: found.reasons[0] };
  }

  /** Those who can become somebody who can. */
  function byOthers(direct, what, on) {
    const can = new Map(direct.filter((each) => each.verdict !== "no").map((each) => [each.who, each]));
    return told.principals.flatMap(({ id }) => {
      if (can.get(id)?.verdict === "yes") return [];
      const ways = access.reachable(id).filter((way) => can.has(way.target));
      if (!ways.length) return [];
      const way = ways.sort((a, b) => a.path.length - b.path.length)[0];
      const last = can.get(way.target);
      const through = way.path.map((edge) => edge.how);
      return [
        {
          who: id,
          verdict: access.lower(way.verdict, last.verdict),
          what,
          on,
          path: [...through, ...steps(way.target, last.reasons[0])],
          reason: last.reasons[0],
        },
      ];
    });
  }

  function decisions({ who, can, on }) {
    const asked = access.cluster && request(can, on);
    if (asked) {
      const found = access.whoInCluster(asked);
      const where = asked.namespace ? "namespace " + asked.namespace : "the whole cluster";
      return chosen(found, can.trim(), where, who);
    }
    const exact = access.permissions.filter((each) => each.toLowerCase() === can.trim().toLowerCase());
    const wanted = exact.length
      ? exact
      : access.permissions.filter((each) => each.toLowerCase().includes(can.trim().toLowerCase()));
    const pairs = wanted.flatMap((permission) =>
      (on ? things(on) : granting(permission)).map((resource) => [permission, resource]),
    );
    if (!wanted.length) say("No role here contains a permission like that.");
    if (pairs.length > PAIRS)
      say(
        "Only the first " + PAIRS + " of " + pairs.length + " pairs of permission and resource are shown: name one.",
      );
    return pairs
      .slice(0, PAIRS)
      .flatMap(([permission, resource]) =>
        chosen(access.who(permission, resource), permission, thing(resource), who),
      );
  }

  /** Decisions and ways, of everybody who can, or of those who are asked for even if they cannot. */
  function chosen(found, what, on, who) {
    const wanted = who && new Set(people(who));
    const rows = [...found.map((each) => decided(each, what, on)), ...byOthers(found, what, on)];
    // Who has a grant that a deny rule goes before is an answer as well.
    if (!wanted) return rows.filter((row) => row.verdict !== "no" || row.path.length > 1);
    const told = rows.filter((row) => wanted.has(row.who));
    const silent = [...wanted].filter((id) => !told.some((row) => row.who === id));
    return [...told, ...silent.map((id) => ({ who: id, verdict: "no", what, on, path: ["no grant"] }))];
  }

  function granting(permission) {
    return [
      ...new Set(
        told.grants
          .filter((grant) => access.contents.get(grant.role)?.has(permission))
          .map((grant) => grant.resource),
      ),
    ];
  }

  /** What is granted, to somebody or on something. */
  function grants({ who, on }) {
    const spots = on ? things(on) : null;
    const lines = new Set(spots?.flatMap((spot) => access.line(spot)));
    const whose = who
      ? people(who).flatMap((id) => [
          { id, as: id, path: [] },
          ...access.reachable(id).map((way) => ({ id, as: way.target, path: way.path })),
        ])
      : null;
    const holders = whose
      ? whose.flatMap((each) => access.identities(each.as).map((holder) => ({ ...each, holder })))
      : null;
    const iam = told.grants
      .filter((grant) => !spots || lines.has(grant.resource))
      .map((grant) => ({
        grant,
        principal: grant.principal,
        verdict: access.known(
          grant.role,
          access.holds(grant.condition, spots?.length === 1 ? spots[0] : grant.resource),
        ),
      }));
    const bound = (access.cluster?.bindings ?? [])
      .filter((binding) => !spots || spots.some((spot) => within(spot, binding)))
      .map((binding) => ({ binding, principal: binding.principal, verdict: "yes" }));
    return [...iam, ...bound].flatMap((reason) => {
      const of = holders
        ? holders.filter((each) => each.holder === reason.principal)
        : [{ id: reason.principal, as: reason.principal, path: [] }];
      return of.map((each) => ({
        who: each.id,
        verdict: each.path.reduce((verdict, edge) => access.lower(verdict, edge.verdict), reason.verdict),
        what: reason.grant ? told.roles[reason.grant.role]?.title || reason.grant.role : reason.binding.role,
        role: reason.grant?.role,
        on: reason.grant
          ? thing(reason.grant.resource)
          : reason.binding.namespace
            ? "namespace " + reason.binding.namespace
            : "cluster",
        path: [...each.path.map((edge) => edge.how), ...steps(each.as, reason)],
        reason,
      }));
    });
  }

  function within(spot, binding) {
    return spot === access.cluster.id
      ? !binding.namespace
      : Boolean(binding.namespace) && spot.endsWith("/namespaces/" + binding.namespace);
  }

  function say(text) {
    note.textContent = text;
  }

  function answer(asked) {
    say("");
    for (const [word, find] of [
      ["who", people],
      ["on", things],
    ]) {
      const isOfCluster = word === "on" && request(asked.can, asked.on);
      if (asked[word] && !isOfCluster && !find(asked[word]).length) {
        say(
          word === "who"
            ? "Nobody here is called that."
            : "Nothing with a policy of its own is called that: what is granted on the project holds there.",
        );
        if (word === "who") return [];
      }
    }
    const isNew = asked.on && !request(asked.can, asked.on) && !things(asked.on).length;
    const words = isNew ? { ...asked, on: "project" } : asked;
    if (!words.can) return grants(words);
    const rows = decisions(words);
    if (!note.textContent && !words.who && rows.every((row) => row.verdict === "no")) {
      say("Nobody can." + (rows.length ? " These have a grant, and a deny rule goes before it." : ""));
    }
    return rows;
  }

  function path(row) {
    const declared = row.reason?.grant?.declared || row.reason?.binding?.declared;
    const link =
      declared && element("a", { href: portal.address("inventory.html", { resource: declared }) }, "declared here");
    if (row.path.length === 1) return element("span", {}, row.path[0] + " ", link || null);
    const items = row.path.map((text, number) =>
      element("li", {}, text + " ", number === row.path.length - 1 && link ? link : null),
    );
    return element("ol", { class: "path" }, ...items);
  }

  /** A role's title, and what it contains when somebody wants to see it. */
  function what(row) {
    if (!row.role) return row.what;
    const held = access.contents.get(row.role);
    const folded = element(
      "details",
      {},
      element(
        "summary",
        {},
        row.what,
        " ",
        element("small", {}, held ? portal.count(held.size, "permission") : "contents unknown"),
      ),
    );
    folded.addEventListener(
      "toggle",
      () => folded.append(element("p", { class: "mono" }, [...(held ?? [])].join(", "))),
      { once: true },
    );
    return folded;
  }

  const badge = { yes: "violation", maybe: "advisory", part: "advisory", no: "passed" };
  const form = document.querySelector("form");
  const list = portal.list({
    name: "answers",
    form,
    answer,
    word: "answer",
    columns: {
      who: { value: (row) => person(row.who), cell: (row) => person(row.who) },
      verdict: {
        value: (row) => row.verdict,
        cell: (row) =>
          element("span", { class: "badge " + (row.verdict === "yes" ? "yes" : badge[row.verdict]) }, row.verdict),
      },
      what: { value: (row) => row.what, cell: what },
      on: { value: (row) => row.on, cell: (row) => row.on },
      path: { value: (row) => row.path.length, cell: path, className: "long" },
    },
  });
  window.addEventListener("hashchange", () => list.read());
})();
