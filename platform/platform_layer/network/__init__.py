"""The network: its ranges, the firewall, the private path to Google's APIs, and NAT for egress to the internet."""
