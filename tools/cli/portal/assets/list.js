"use strict";
/*
 * A long list as a table of a hundred rows at a time, with a search, filters, sorting and pages. A real table keeps what
 * screen readers know of tables, and few rows keep it fast; a list that draws rows while it scrolls would lose both.
 */
portal.list = (() => {
  const PAGE = 100;

  /**
   * Bring a list to life.
   * @param {object} options
   *   name: of the table;
   *   form: with the search (q) and the filters;
   *   rows: all of them; or, instead of rows, filters and text,
   *   answer: (values of the fields) => rows;
   *   word: what a row is, in the singular;
   *   columns: by key, {cell: row => text or node, value: row => what it is sorted by, className};
   *   filters: by the name of a field, (row, value) => whether the row stays;
   *   text: row => what the search looks in;
   *   sort: what it is sorted by at first, "-" in front for descending.
   */
  return function list(options) {
    const table = document.getElementById(options.name);
    const counted = document.getElementById(options.name + "-count");
    const pager = document.getElementById(options.name + "-pager");
    const heads = [...table.tHead.rows[0].cells];
    const texts = options.rows?.map((row) => options.text(row).toLowerCase());
    let shown = [];
    let sort = "";
    let page = 0;

    function fields() {
      return [...options.form.elements].filter((field) => field.name);
    }

    /** Set the filters from the address. */
    function read() {
      const place = portal.place();
      for (const field of fields()) {
        field.value = place.get(field.name) ?? "";
        if (field.tagName === "SELECT" && field.selectedIndex < 0) field.value = "";
      }
      sort = place.get("sort") ?? options.sort ?? "";
      find();
      page = Math.min(Math.max(Number(place.get("page") ?? 1) - 1, 0), pages() - 1) || 0;
      show();
    }

    /** Write the filters into the address. */
    function write() {
      const words = values();
      words.sort = sort === (options.sort ?? "") ? "" : sort;
      words.page = page ? String(page + 1) : "";
      history.replaceState(null, "", portal.address("", words));
    }

    function pages() {
      return Math.max(Math.ceil(shown.length / PAGE), 1);
    }

    function values() {
      return Object.fromEntries(fields().map((field) => [field.name, field.value.trim()]));
    }

    function filtered() {
      const words = options.form.elements.q.value.toLowerCase().split(/\s+/).filter(Boolean);
      const filters = fields()
        .filter((field) => field.value && options.filters[field.name])
        .map((field) => (row) => options.filters[field.name](row, field.value));
      return options.rows.filter(
        (row, number) =>
          words.every((word) => texts[number].includes(word)) && filters.every((filter) => filter(row)),
      );
    }

    function find() {
      shown = options.answer ? options.answer(values()) : filtered();
      const column = options.columns[sort.replace(/^-/, "")];
      if (!column) return;
      const direction = sort.startsWith("-") ? -1 : 1;
      const keyed = shown.map((row) => [column.value(row), row]);
      keyed.sort(([a], [b]) => (a < b ? -direction : a > b ? direction : 0));
      shown = keyed.map(([, row]) => row);
    }

    function show() {
      const body = document.createElement("tbody");
      for (const row of shown.slice(page * PAGE, (page + 1) * PAGE)) {
        const line = body.insertRow();
        heads.forEach((head, number) => {
          const column = options.columns[head.dataset.key];
          const cell = portal.element(number ? "td" : "th", number ? {} : { scope: "row" }, column.cell(row));
          if (column.className) cell.className = column.className;
          line.append(cell);
        });
      }
      table.tBodies[0].replaceWith(body);
      for (const head of heads) {
        const isSorted = sort.replace(/^-/, "") === head.dataset.key;
        if (isSorted) head.setAttribute("aria-sort", sort.startsWith("-") ? "descending" : "ascending");
        else head.removeAttribute("aria-sort");
      }
      const at = "page " + (page + 1) + " of " + pages();
      const all = portal.count((options.rows ?? shown).length, options.word);
      const isAll = !options.rows || shown.length === options.rows.length;
      counted.textContent =
        (isAll ? all : shown.length.toLocaleString("en") + " of " + all) + (pages() > 1 ? ", " + at : "");
      pager.hidden = pages() === 1;
      pager.querySelector(".at").textContent = at;
      for (const button of pager.querySelectorAll("button")) {
        // Not disabled: a button that vanishes under the keyboard takes the focus with it.
        button.setAttribute("aria-disabled", String(!within(page + Number(button.dataset.step))));
      }
    }

    function within(number) {
      return number >= 0 && number < pages();
    }

    function anew() {
      page = 0;
      find();
      show();
      write();
    }

    options.form.addEventListener("input", anew);
    options.form.addEventListener("reset", () => setTimeout(anew));
    options.form.addEventListener("submit", (event) => event.preventDefault());
    for (const head of heads) {
      head.querySelector("button").addEventListener("click", () => {
        sort = sort === head.dataset.key ? "-" + sort : head.dataset.key;
        anew();
      });
    }
    pager.addEventListener("click", (event) => {
      const next = page + Number(event.target.dataset?.step ?? 0);
      if (next === page || !within(next)) return;
      page = next;
      show();
      write();
      table.scrollIntoView({ block: "start" });
    });
    read();
    return { read };
  };
})();
