/** How a router treats what passes it, in the words of RFC 4787 where there are any. */
export interface RouterRules {
  /** `none` routes addresses as they are. */
  mapping: "none" | "endpoint-independent" | "symmetric";
  /** From whom a mapped port takes UDP: anybody, whoever was written to by address, or by address and port. */
  filtering?: "endpoint-independent" | "address" | "address-and-port";
  /** `false` drops all UDP that passes. */
  udp?: boolean;
  /** UDP passes to and from these addresses only. */
  udpOnlyTo?: string[];
  /** TCP connections go out to these ports only. */
  tcpPorts?: number[];
  /** A machine inside reaches another one inside by the outer address. */
  hairpinning?: boolean;
  /** `false` swallows IPv6 without a word. */
  ipv6?: boolean;
}

export interface RouterPlace {
  /** The address outside, that everything inside shares. */
  outside: string;
  /** The machines inside, each with the UDP ports that it sends from. */
  inside: { address: string; ports: [first: number, last: number] }[];
}

/** The nftables ruleset of a router with the interfaces `wan` and `lan`. */
export function ruleset(rules: RouterRules, place: RouterPlace): string {
  return `flush ruleset
table ip nat {
  chain pre { type nat hook prerouting priority dstnat;
    ${forwardedPorts(rules, place).join("\n    ")}
  }
  chain post { type nat hook postrouting priority srcnat;
    ${sourceMapping(rules, place).join("\n    ")}
  }
}
table ip filter {
  set written { type ipv4_addr . inet_service; flags timeout; timeout 2m; }
  set written_port { type ipv4_addr . inet_service . inet_service; flags timeout; timeout 2m; }
  chain input { type filter hook input priority filter;
    # What a router takes in for itself leaves an entry that would cost a later flow its port.
    iifname wan meta l4proto { udp, tcp } drop
  }
  chain forward { type filter hook forward priority filter;
    ${blocked(rules).join("\n    ")}
    ${rules.mapping === "none" ? "" : filtering(rules).join("\n    ")}
  }
}
table ip6 filter {
  chain forward { type filter hook forward priority filter;
    ${rules.ipv6 === false ? "drop" : blocked({ ...rules, udpOnlyTo: undefined }).join("\n    ")}
    ${rules.mapping === "none" ? "" : "iifname wan ct state new drop"}
  }
}
`;
}

function forwardedPorts({ mapping, hairpinning }: RouterRules, { outside, inside }: RouterPlace): string[] {
  if (mapping !== "endpoint-independent") return [];
  const from = hairpinning ? "" : "iifname wan ";
  return inside.map(
    ({ address, ports }) => `${from}ip daddr ${outside} udp dport ${ports.join("-")} dnat to ${address}`,
  );
}

function sourceMapping({ mapping, hairpinning }: RouterRules, { outside }: RouterPlace): string[] {
  if (mapping === "none") return [];
  const out = `oifname wan snat to ${outside}${mapping === "symmetric" ? " fully-random" : ""}`;
  return hairpinning ? [out, `oifname lan ct status dnat snat to ${outside}`] : [out];
}

function blocked({ udp, udpOnlyTo, tcpPorts }: RouterRules): string[] {
  const only = udpOnlyTo ? `{ ${udpOnlyTo.join(", ")} }` : "";
  return [
    ...(only ? [`meta l4proto udp ip saddr != ${only} ip daddr != ${only} drop`] : []),
    ...(udp === false ? ["meta l4proto udp drop"] : []),
    ...(tcpPorts ? [`iifname lan tcp dport != { ${tcpPorts.join(", ")} } ct state new drop`] : []),
  ];
}

function filtering({ filtering, mapping }: RouterRules): string[] {
  const remember = [
    "oifname wan meta l4proto udp update @written { ip daddr . udp sport }",
    "oifname wan meta l4proto udp update @written_port { ip daddr . udp dport . udp sport }",
  ];
  const strict = "iifname wan ct state new drop";
  if (mapping === "symmetric") return [strict];
  switch (filtering) {
    case "endpoint-independent":
      return ["iifname wan ct state new meta l4proto != udp drop"];
    case "address":
      return [...remember, "iifname wan ct state new ip saddr . udp dport @written accept", strict];
    default:
      return [...remember, "iifname wan ct state new ip saddr . udp sport . udp dport @written_port accept", strict];
  }
}
