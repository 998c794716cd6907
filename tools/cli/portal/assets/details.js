"use strict";
/* One resource in full: its identity, its properties as a tree, its dependencies and its dependents. */
portal.details = (() => {
  const { element } = portal;

  function plain(value) {
    if (typeof value === "string") return value === "" ? "(empty)" : value;
    return JSON.stringify(value);
  }

  /** A value as nested lists; deep levels are folded. */
  function tree(value, depth) {
    const entries = Object.entries(value);
    return element("ul", { class: "tree" }, ...entries.map(([key, below]) => branch(key, below, depth)));
  }

  function branch(key, value, depth) {
    const name = element("span", { class: "key" }, key + ": ");
    if (value === null || typeof value !== "object" || !Object.keys(value).length) {
      return element("li", {}, name, element("span", { class: "mono" }, plain(value)));
    }
    const size = portal.count(Object.keys(value).length, "entry").replace(/entrys$/, "entries");
    const folded = element(
      "details",
      {},
      element("summary", {}, name, element("small", {}, size)),
      tree(value, depth + 1),
    );
    folded.open = depth < 1;
    return element("li", {}, folded);
  }

  function facts(pairs) {
    const shown = pairs.filter(([, value]) => value);
    return element(
      "dl",
      { class: "facts" },
      ...shown.flatMap(([key, value]) => [element("dt", {}, key), element("dd", {}, value)]),
    );
  }

  function section(title, ...children) {
    return element("section", {}, element("h2", {}, title), ...children);
  }

  /** Name of a resource on the access page, where an object of the cluster is listed under its namespace. */
  function place(row) {
    const isInNamespace = row.type.startsWith("kubernetes:") && row.id.includes("/");
    return isInNamespace ? "namespace " + row.id.split("/")[0] : row.id || row.name;
  }

  function links(urns, link) {
    return element("ul", { class: "links" }, ...urns.map((urn) => element("li", {}, link(urn))));
  }

  /**
   * The nodes that show a resource.
   * @param {object} row of the inventory
   * @param {object} details of its chunk
   * @param {function} link makes a link to a resource by its URN
   */
  function details(row, fields, link) {
    const made = [
      facts([
        ["Type", row.type],
        ["Stack", element("a", { href: portal.address("inventory.html", { stack: row.stack }) }, row.stack)],
        ["Owner", row.owner],
        ["ID", row.id],
        ["Protected", row.protected ? "yes: Pulumi refuses to delete it" : "no"],
        ["Created (UTC)", fields.created],
        ["Changed (UTC)", row.modified],
        ["Made by", fields.source],
        ["Part of", fields.parent && link(fields.parent)],
        ["URN", element("code", {}, row.urn)],
      ]),
      element(
        "ul",
        { class: "inline" },
        element(
          "li",
          {},
          element("a", { href: portal.address("access.html", { on: place(row) }) }, "Who may touch it"),
        ),
        element("li", {}, element("a", { href: portal.address("history.html", { q: row.name }) }, "Its history")),
      ),
    ];
    if (fields.properties) made.push(section("Properties", tree(fields.properties, 0)));
    if (fields.uses) made.push(section("Depends on", links(fields.uses, link)));
    if (fields.usedBy) made.push(section("Used by", links(fields.usedBy, link)));
    return made;
  }

  return Object.assign(details, { facts, section, tree });
})();
