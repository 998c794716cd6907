# The five rules in Rego, one resource at a time. rego-cpp has no net.cidr_* functions, so a range is split into its parts.
package judges

findings contains "sql-not-public" if {
	input.type == "gcp:sql/databaseInstance:DatabaseInstance"
	not input.inputs.settings.ipConfiguration.ipv4Enabled == false
}

findings contains "bucket-private" if {
	input.type == "gcp:storage/bucket:Bucket"
	not input.inputs.uniformBucketLevelAccess == true
}

findings contains "iam-no-basic-roles" if {
	input.type == "gcp:projects/iAMMember:IAMMember"
	input.inputs.role in {"roles/owner", "roles/editor", "roles/viewer"}
}

findings contains "network-firewall-closed" if {
	input.type == "gcp:compute/firewall:Firewall"
	object.get(input.inputs, "direction", "INGRESS") == "INGRESS"
	count(input.inputs.allows) > 0
	some range in input.inputs.sourceRanges
	to_number(split(range, "/")[1]) < 8
}

findings contains "gke-private-nodes" if {
	input.type == "gcp:container/cluster:Cluster"
	not input.inputs.privateClusterConfig.enablePrivateNodes == true
}
