# From `cargo metadata` to a bill of materials in CycloneDX 1.5: the libraries that are in the program, or run while it is
# built. Development dependencies are left out. $sums maps "name version" to the SHA-256 of a crate's archive, as in Cargo.lock.
. as $all
| (reduce .packages[] as $package ({}; .[$package.id] = $package)) as $packages
| (reduce .resolve.nodes[] as $node ({};
    .[$node.id] = [$node.deps[] | select(any(.dep_kinds[]; .kind != "dev")) | .pkg])) as $edges
| (first(.packages[] | select(.name == "mrms" and .source == null)) | .id) as $root
| def reached: {seen: {($root): true}, next: [$root]}
    | until(.next == [];
        . as $state
        | ([.next[] | $edges[.][]] | unique | map(select($state.seen[.] | not))) as $new
        | {seen: (reduce $new[] as $id (.seen; .[$id] = true)), next: $new})
    | .seen | keys;
  def purl: "pkg:cargo/\(.name)@\(.version)";
  def component:
    {type: (if .source == null and .name == "mrms" then "application" else "library" end), "bom-ref": purl, name, version, purl: purl}
    + (if .license then {licenses: [{expression: (.license | gsub(" ?/ ?"; " OR "))}]} else {} end)
    + (if .description then {description: (.description | gsub("\\s+"; " "))} else {} end)
    + (if $sums["\(.name) \(.version)"] then {hashes: [{alg: "SHA-256", content: $sums["\(.name) \(.version)"]}]} else {} end)
    + (if .repository then {externalReferences: [{type: "vcs", url: .repository}]} else {} end);
  reached as $ids
| {
    "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    version: 1,
    metadata: {
      timestamp: ($epoch | tonumber | todate),
      component: ($packages[$root] | component | .version = $version),
      tools: {components: [{type: "application", name: "cargo", version: $cargo}]}
    },
    components: [$ids[] | select(. != $root) | $packages[.] | component] | sort_by(.purl),
    dependencies: [$ids[] as $id | {
        ref: ($packages[$id] | purl),
        dependsOn: ([$edges[$id][] | $packages[.] | purl] | unique)
      }] | sort_by(.ref)
  }
