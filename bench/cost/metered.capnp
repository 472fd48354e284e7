# The edge as it is run, with the meter around its Worker.

using Workerd = import "/workerd/workerd.capnp";
using Edge = import "../../dist/local/edge.capnp";

const edge :Workerd.Config = (
  services = [Edge.internet, Edge.files, Edge.assets, Edge.front, .sightline, (name = "state", disk = (writable = true))],
  sockets = [Edge.door],
  extensions = Edge.extensions,
  logging = Edge.logging,
);

const sightline :Workerd.Service = (
  name = "sightline",
  worker = (
    compatibilityDate = Edge.compatibilityDate,
    compatibilityFlags = Edge.compatibilityFlags,
    modules = [
      (name = "entry.js", esModule = embed "metered-entry.js"),
      (name = "meter.js", esModule = embed "../../dist/bench/meter.js"),
      (name = "index.js", esModule = embed "../../dist/worker/index.js"),
    ],
    bindings = Edge.bindings,
    durableObjectNamespaces = Edge.objects,
    durableObjectStorage = (localDisk = "state"),
  ),
);
