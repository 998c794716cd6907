"use strict";
/* The inventory: the list of all resources, and one of them in full when the address names it. */
(() => {
  const { element } = portal;
  const told = portal.data("inventory");
  const rows = told.rows.map(([urn, type, stack, owner, flags, modified, id], number) => ({
    urn,
    number,
    id,
    modified,
    name: urn.slice(urn.lastIndexOf("::") + 2),
    type: told.types[type],
    stack: told.stacks[stack],
    owner: told.owners[owner],
    layer: told.stacks[stack].split("/")[0],
    protected: Boolean(flags & 1),
    custom: Boolean(flags & 2),
  }));
  const byUrn = new Map(rows.map((row) => [row.urn, row]));

  const list = portal.list({
    name: "resources",
    form: document.querySelector("form"),
    rows,
    word: "resource",
    text: (row) => row.urn + " " + row.id + " " + row.owner,
    columns: {
      name: { value: (row) => row.name, cell: (row) => link(row.urn), className: "long" },
      type: { value: (row) => row.type, cell: (row) => short(row.type) },
      stack: { value: (row) => row.stack, cell: (row) => row.stack },
      owner: { value: (row) => row.owner, cell: (row) => row.owner },
      protected: { value: (row) => (row.protected ? 0 : 1), cell: (row) => (row.protected ? "yes" : "") },
      modified: { value: (row) => row.modified, cell: (row) => row.modified.slice(0, 16), className: "time" },
    },
    filters: {
      layer: (row, wanted) => row.layer === wanted,
      stack: (row, wanted) => row.stack === wanted,
      type: (row, wanted) => row.type === wanted,
      owner: (row, wanted) => row.owner === wanted,
      protected: (row, wanted) => row.protected === (wanted === "yes"),
      kind: (row, wanted) => row.custom === (wanted === "resource"),
    },
  });

  /** "gcp:sql:User": a type's own name twice, as the engine has it, tells no more. */
  function short(type) {
    return type.replace(/\/[^:]+:/, ":");
  }

  function link(urn) {
    const row = byUrn.get(urn);
    if (!row) return element("code", {}, urn);
    return element("a", { href: portal.address("inventory.html", { resource: urn }) }, row.name);
  }

  /** A link that also says of what type the resource is. */
  function described(urn) {
    const row = byUrn.get(urn);
    return row ? element("span", {}, link(urn), " ", element("small", {}, row.type)) : link(urn);
  }

  async function open(_, urn) {
    const row = byUrn.get(urn);
    if (!row) return undefined;
    const chunk = Math.floor(row.number / told.chunk);
    const found = await portal.load("details-" + chunk, told.chunks[chunk]);
    return { title: row.name, nodes: portal.details(row, found[row.number % told.chunk], described) };
  }

  portal.views({ list, words: ["resource"], open });
})();
