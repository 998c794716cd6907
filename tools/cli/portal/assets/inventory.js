"use strict";
/* The inventory: the list of all resources, and one of them in full when the address names it. */
(() => {
  const { element } = portal;
  const inventory = portal.data("inventory");
  const rows = inventory.rows.map(([urn, type, stack, owner, flags, modified, id], number) => ({
    urn,
    number,
    id,
    modified,
    name: urn.slice(urn.lastIndexOf("::") + 2),
    type: inventory.types[type],
    stack: inventory.stacks[stack],
    owner: inventory.owners[owner],
    layer: inventory.stacks[stack].split("/")[0],
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
      layer: (row, value) => row.layer === value,
      stack: (row, value) => row.stack === value,
      type: (row, value) => row.type === value,
      owner: (row, value) => row.owner === value,
      protected: (row, value) => row.protected === (value === "yes"),
      kind: (row, value) => row.custom === (value === "resource"),
    },
  });

  /** "gcp:sql:User": the type token without the second occurrence of the type's name. */
  function short(type) {
    return type.replace(/\/[^:]+:/, ":");
  }

  function link(urn) {
    const row = byUrn.get(urn);
    if (!row) return element("code", {}, urn);
    return element("a", { href: portal.address("inventory.html", { resource: urn }) }, row.name);
  }

  /** A link with the type of the resource. */
  function described(urn) {
    const row = byUrn.get(urn);
    return row ? element("span", {}, link(urn), " ", element("small", {}, row.type)) : link(urn);
  }

  async function open(_, urn) {
    const row = byUrn.get(urn);
    if (!row) return undefined;
    const chunk = Math.floor(row.number / inventory.chunk);
    const chunkDetails = await portal.load("details-" + chunk, inventory.chunks[chunk]);
    return { title: row.name, nodes: portal.details(row, chunkDetails[row.number % inventory.chunk], described) };
  }

  portal.views({ list, words: ["resource"], open });
})();
