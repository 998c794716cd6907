"use strict";
/*
 * Updates of stacks and entries of the audit log. An entry that belongs to no update, or was refused, is a row of its own;
 * all other entries are listed under their updates.
 */
(() => {
  const { element } = portal;
  const { facts, section } = portal.details;
  const record = portal.data("history");
  const updates = new Map(record.updates.map((update) => [update.key, update]));
  const entries = new Map(record.entries.map((entry) => [entry.id, entry]));
  const ORIGINS = { person: "out of band", account: "by an account", system: "by the system", update: "in an update" };
  const rows = [
    ...record.updates.map(ofUpdate),
    ...record.entries.filter((entry) => entry.origin !== "update" || entry.outcome !== "done").map(ofEntry),
  ].sort((a, b) => (a.time < b.time ? 1 : a.time > b.time ? -1 : 0));

  function time(text) {
    return text.slice(0, 19).replace("T", " ");
  }

  function stack(update) {
    return update.app ? update.layer + "/" + update.app : update.layer;
  }

  function by(update) {
    return update.startedBy || update.author?.name || update.identity;
  }

  function ofUpdate(update) {
    const counts = Object.entries(update.resources).filter(([name]) => name !== "same");
    return {
      time: update.started,
      kind: "update",
      what: update.kind + " of " + stack(update) + ": " + (update.message || update.commit.slice(0, 12)),
      link: portal.address("history.html", { update: update.key }),
      who: by(update),
      on: counts.map(([name, count]) => count + " " + name).join(", ") || "nothing",
      result: update.result,
      bad: update.result !== "succeeded",
      layer: update.layer,
      stack: stack(update),
      text: [
        update.key,
        update.message,
        update.commit,
        by(update),
        update.author?.email,
        update.identity,
        update.run,
        ...(update.changes ?? []).map((change) => change.name + " " + change.id + " " + change.urn),
      ].join(" "),
    };
  }

  function ofEntry(entry) {
    return {
      time: entry.time,
      kind: entry.outcome === "refused" ? "refused" : entry.origin,
      what: entry.method,
      link: portal.address("history.html", { entry: entry.id }),
      who: entry.principal,
      on: entry.resource,
      result: entry.outcome === "done" ? ORIGINS[entry.origin] : entry.outcome,
      bad: entry.outcome !== "done" || entry.origin === "person",
      layer: "",
      stack: "",
      text: [entry.method, entry.principal, entry.resource, entry.message, ...entry.via, ...entry.permissions].join(
        " ",
      ),
    };
  }

  function result(row) {
    return row.bad ? element("span", { class: "badge advisory" }, row.result) : row.result;
  }

  const list = portal.list({
    name: "events",
    form: document.querySelector("form"),
    rows,
    word: "event",
    text: (row) => row.text,
    columns: {
      time: { value: (row) => row.time, cell: (row) => time(row.time), className: "time" },
      what: {
        value: (row) => row.what,
        cell: (row) => element("a", { href: row.link }, row.what),
        className: "long",
      },
      who: { value: (row) => row.who, cell: (row) => row.who },
      on: { value: (row) => row.on, cell: (row) => row.on, className: "long" },
      result: { value: (row) => row.result, cell: result, className: "word" },
    },
    filters: {
      kind: (row, value) => row.kind === value,
      layer: (row, value) => row.layer === value,
      stack: (row, value) => row.stack === value,
      since: (row, value) => row.time.slice(0, 10) >= value,
      until: (row, value) => row.time.slice(0, 10) <= value,
    },
  });

  /** A link to a page of a CI run, and to nothing else: the text comes from an update's environment. */
  function page(url) {
    return /^https:\/\//.test(url) ? element("a", { href: url, rel: "noreferrer" }, url) : url;
  }

  function person(somebody) {
    return somebody ? somebody.name + " <" + somebody.email + ">" : "";
  }

  function listed(ids) {
    const known = ids.map((id) => entries.get(id)).filter(Boolean);
    const items = known.map((entry) => {
      const row = ofEntry(entry);
      return element(
        "li",
        {},
        time(entry.time) + " ",
        element("a", { href: row.link }, entry.method),
        " " + entry.resource + " ",
        entry.outcome === "done" ? "" : result(row),
      );
    });
    return element("ul", { class: "findings" }, ...items);
  }

  function changed(change) {
    const resource = portal.address("inventory.html", { resource: change.urn });
    const name = element("p", {}, change.operation + " ", element("a", { href: resource }, change.name));
    if (!change.properties.length) return name;
    const lines = change.properties.map((property) =>
      element(
        "tr",
        {},
        element("th", { scope: "row" }, property.path),
        element("td", { class: "mono" }, property.before ?? ""),
        element("td", { class: "mono" }, property.after ?? ""),
      ),
    );
    const head = ["Property", "Before", "After"].map((text) => element("th", { scope: "col" }, text));
    const table = element(
      "table",
      { class: "rows" },
      element("thead", {}, element("tr", {}, ...head)),
      element("tbody", {}, ...lines),
    );
    const scrolling = { class: "scroll", role: "region", "aria-label": "Changes of " + change.name, tabindex: "0" };
    const count = element("summary", {}, portal.count(change.properties.length, "value"));
    const folded = element("details", {}, count, element("div", scrolling, table));
    folded.open = change.operation !== "create";
    return element("div", {}, name, folded);
  }

  function openUpdate(update) {
    const nodes = [
      facts([
        ["Stack", stack(update)],
        ["Result", update.result],
        ["Began (UTC)", time(update.started)],
        ["Ended (UTC)", time(update.ended)],
        ["Message", update.message],
        ["Commit", update.commit && update.commit + (update.dirty ? ", with files that differed from it" : "")],
        ["Author", person(update.author)],
        ["Committer", person(update.committer)],
        ["Pull request", update.pullRequest && "#" + update.pullRequest],
        ["Run", update.run && page(update.run)],
        ["Started by", update.startedBy],
        ["Approved by", update.approvedBy.join(", ")],
        ["Ran as", update.identity + (update.identityRecorded ? "" : " (not recorded: the stack's own)")],
        [
          "Resources",
          Object.entries(update.resources)
            .map(([name, count]) => count + " " + name)
            .join(", "),
        ],
      ]),
    ];
    if (update.changes?.length) nodes.push(section("Changes", ...update.changes.map(changed)));
    if (update.entries.length) nodes.push(section("Audit log", listed(update.entries)));
    return { title: update.key, nodes };
  }

  function openEntry(entry) {
    const links = entry.updates.map((key) =>
      element("a", { href: portal.address("history.html", { update: key }) }, key + " "),
    );
    return {
      title: entry.method,
      nodes: [
        facts([
          ["Time (UTC)", time(entry.time)],
          ["Who", element("a", { href: portal.address("access.html", { who: entry.principal }) }, entry.principal)],
          ["Through", entry.via.join(", ")],
          ["Job", entry.job && entry.job.repository + " " + (entry.job.environment ?? "")],
          ["Service", entry.service],
          ["Resource", entry.resource],
          ["Permissions", entry.permissions.join(", ")],
          ["Outcome", entry.outcome],
          ["Message", entry.message],
          ["Program", entry.caller],
          ["Origin", ORIGINS[entry.origin]],
          ["Update", links.length ? element("span", {}, ...links) : ""],
        ]),
      ],
    };
  }

  function open(word, value) {
    if (word === "update") return updates.has(value) ? openUpdate(updates.get(value)) : undefined;
    return entries.has(value) ? openEntry(entries.get(value)) : undefined;
  }

  portal.views({ list, words: ["update", "entry"], open });
})();
