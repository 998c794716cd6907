"use strict";
/*
 * Who may do what, decided from the document of `make access`, as that command itself does: a deny rule goes before every
 * grant; else a grant on the resource, or on what it is in, suffices; in the cluster, its own Roles and IAM each do.
 */
portal.decider = (document) => {
  const RANKS = { no: 0, part: 1, maybe: 2, yes: 3 };
  const principals = new Map(document.principals.map((each) => [each.id, each]));
  const resources = new Map(document.resources.map((each) => [each.id, each]));
  const contents = new Map(
    Object.entries(document.roles).map(([id, role]) => [id, role.permissions && new Set(role.permissions)]),
  );
  const permissions = [...new Set([...contents.values()].flatMap((held) => [...(held ?? [])]))].sort();
  const spelled = new Map(permissions.map((each) => [each.toLowerCase(), each]));
  const granted = grouped(document.grants, (grant) => grant.resource);
  const denied = grouped(document.denials ?? [], (denial) => denial.resource);
  const members = grouped(
    document.principals.flatMap((each) => (each.isIn ?? []).map((group) => ({ group, id: each.id }))),
    (each) => each.group,
  );
  const edges = grouped(document.becoming ?? [], (edge) => edge.source);
  const cluster = document.cluster;

  function grouped(all, key) {
    const found = new Map();
    for (const each of all) {
      if (!found.has(key(each))) found.set(key(each), []);
      found.get(key(each)).push(each);
    }
    return found;
  }

  /** Everything that somebody counts as, themselves first. */
  function identities(who) {
    return [who, ...(principals.get(who)?.isIn ?? [])];
  }

  /** A resource and what it is in, nearest first. */
  function line(resource) {
    const found = [];
    for (let each = resource; each; each = resources.get(each)?.parent) found.push(each);
    return found;
  }

  function holds(condition, resource) {
    return condition ? (condition.elsewhere?.[resource] ?? condition.verdict) : "yes";
  }

  function contains(role, permission) {
    const held = contents.get(role);
    return !held || held.has(permission);
  }

  function lower(a, b) {
    return RANKS[a] < RANKS[b] ? a : b;
  }

  function surest(reasons) {
    return reasons.sort((a, b) => RANKS[b.verdict] - RANKS[a.verdict]);
  }

  /** Whether it can be told who a member is: not the customers of a directory, nor who was deleted. */
  function isUnderstood(member) {
    return !/^(principalSet:\/\/goog\/|domain:|deleted:)/.test(member);
  }

  function denies(denial, ids, permission, resource) {
    const meets = (listed) => (listed ?? []).some((each) => ids.includes(each));
    if (!denial.permissions.includes(permission) || meets(denial.exceptions)) return "no";
    const unclear = !meets(denial.principals) && !denial.principals.every(isUnderstood);
    if (!meets(denial.principals) && !unclear) return "no";
    if (unclear || !(denial.exceptions ?? []).every(isUnderstood)) return "maybe";
    const verdict = holds(denial.condition, resource);
    return verdict === "part" ? "maybe" : verdict;
  }

  /** Whether somebody has a permission on a resource: {verdict, reasons, denials}. */
  function decide(who, permission, resource) {
    const ids = identities(who);
    const levels = line(resource);
    const reasons = surest(
      levels
        .flatMap((level) => granted.get(level) ?? [])
        .filter((grant) => ids.includes(grant.principal) && contains(grant.role, permission))
        .map((grant) => ({ grant, verdict: known(grant.role, holds(grant.condition, resource)) }))
        .filter((reason) => reason.verdict !== "no"),
    );
    if (!reasons.length) return { verdict: "no", reasons, denials: [] };
    const rules = levels
      .flatMap((level) => denied.get(level) ?? [])
      .map((denial) => ({ denial, verdict: denies(denial, ids, permission, resource) }))
      .filter((rule) => rule.verdict !== "no");
    const denials = rules.map((rule) => rule.denial);
    if (rules.some((rule) => rule.verdict === "yes")) return { verdict: "no", reasons, denials };
    const verdict = rules.length && reasons[0].verdict === "yes" ? "maybe" : reasons[0].verdict;
    return { verdict, reasons, denials };
  }

  function known(role, verdict) {
    return contents.get(role) || verdict === "no" ? verdict : "maybe";
  }

  function withMembers(named) {
    return [...new Set([...named].flatMap((each) => [each, ...(members.get(each) ?? []).map((one) => one.id)]))];
  }

  /** Everybody who may have a permission on a resource: {who, verdict, reasons, denials}. */
  function who(permission, resource) {
    const grants = line(resource).flatMap((level) => granted.get(level) ?? []);
    const named = grants.filter((grant) => contains(grant.role, permission)).map((grant) => grant.principal);
    return withMembers(named).map((each) => ({ who: each, ...decide(each, permission, resource) }));
  }

  function has(listed, wanted) {
    return (listed ?? []).includes("*") || (listed ?? []).includes(wanted);
  }

  function covers(rule, request) {
    const sub = request.resource.split("/")[1];
    return (
      has(rule.verbs, request.verb) &&
      (has(rule.resources, request.resource) || Boolean(sub && rule.resources?.includes("*/" + sub)))
    );
  }

  /** What the rules of a Role say to a request for any object. */
  function covered(rules, request) {
    if (!rules) return { verdict: "maybe" };
    const found = rules.filter((rule) => covers(rule, request));
    if (found.some((rule) => !rule.names?.length)) return { verdict: "yes" };
    return { verdict: found.length ? "part" : "no", only: found.flatMap((rule) => rule.names) };
  }

  function permissionFor({ verb, resource }) {
    const small = resource.includes("/")
      ? cluster.subresources[verb + " " + resource]
      : cluster.verbs[verb] && "container." + resource + "." + cluster.verbs[verb];
    return spelled.get((small ?? "").toLowerCase());
  }

  /** Whether somebody may do something in the cluster, by either half; a request is {verb, resource, namespace}. */
  function decideInCluster(somebody, request) {
    const ids = identities(somebody);
    const bound = (cluster.bindings ?? [])
      .filter((each) => ids.includes(each.principal) && ["", request.namespace].includes(each.namespace ?? ""))
      .map((binding) => ({ binding, ...covered(cluster.roles[binding.role], request) }))
      .filter((reason) => reason.verdict !== "no");
    const permission = permissionFor(request);
    const project = resources.get(cluster.id)?.parent ?? "";
    const byIam = permission ? decide(somebody, permission, project) : { verdict: "no", reasons: [], denials: [] };
    const reasons = surest([...bound, ...(byIam.verdict === "no" ? [] : byIam.reasons)]);
    const all = [byIam.verdict, ...bound.map((reason) => reason.verdict)];
    const verdict = all.reduce((highest, each) => (RANKS[each] > RANKS[highest] ? each : highest), "no");
    return {
      verdict,
      reasons: reasons.length ? reasons : byIam.reasons,
      denials: verdict === "no" ? byIam.denials : [],
    };
  }

  /** Everybody who might do something in the cluster. */
  function whoInCluster(request) {
    return document.principals.map((each) => ({ who: each.id, ...decideInCluster(each.id, request) }));
  }

  /** Whom somebody can become, by way of others too: {target, verdict, path}, the shortest way to each. */
  function reachable(start) {
    const found = new Map([[start, { target: start, verdict: "yes", path: [] }]]);
    for (const at of found.values()) {
      for (const edge of identities(at.target).flatMap((id) => edges.get(id) ?? [])) {
        if (found.has(edge.target)) continue;
        found.set(edge.target, {
          target: edge.target,
          verdict: lower(at.verdict, edge.verdict),
          path: [...at.path, edge],
        });
      }
    }
    found.delete(start);
    return [...found.values()];
  }

  return {
    document,
    principals,
    resources,
    contents,
    permissions,
    cluster,
    identities,
    line,
    holds,
    known,
    lower,
    decide,
    who,
    decideInCluster,
    whoInCluster,
    reachable,
  };
};
