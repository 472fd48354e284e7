# The edge on one's own machine, as workerd runs it: the Worker that is deployed, byte for byte, and around it what
# Cloudflare's network is to a deployed one. The sender adds by the command line where it listens and keeps its state; the
# Worker's settings and secrets come by the environment, and so stand in no file.

using Workerd = import "/workerd/workerd.capnp";

const edge :Workerd.Config = (
  services = [.internet, .files, .assets, .front, .sightline, (name = "state", disk = (writable = true))],
  sockets = [.door],
  extensions = .extensions,
  logging = .logging,
);

const compatibilityDate :Text = "2026-10-01";
const compatibilityFlags :List(Text) = ["no_web_socket_compression"];

# Without a `cfBlobHeader` the runtime itself fills in `request.cf`, with the address of the socket's other end.
const door :Workerd.Socket = (name = "door", http = (), service = "front");

const logging :Workerd.LoggingOptions = (structuredLogging = true);

# A TURN service may stand on this network.
const internet :Workerd.Service = (
  name = "internet",
  network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true)),
);

const front :Workerd.Service = (
  name = "front",
  worker = (
    compatibilityDate = .compatibilityDate,
    compatibilityFlags = .compatibilityFlags,
    modules = [(name = "front.js", esModule = embed "front.js")],
    bindings = [(name = "EDGE", service = "sightline"), (name = "TRUST_PROXY", fromEnvironment = "TRUST_PROXY")],
  ),
);

const assets :Workerd.Service = (
  name = "assets",
  worker = (
    compatibilityDate = .compatibilityDate,
    compatibilityFlags = .compatibilityFlags,
    modules = [(name = "assets.js", esModule = embed "assets.js")],
    bindings = [(name = "FILES", service = "files")],
  ),
);

const files :Workerd.Service = (name = "files", disk = ());

const sightline :Workerd.Service = (
  name = "sightline",
  worker = (
    compatibilityDate = .compatibilityDate,
    compatibilityFlags = .compatibilityFlags,
    modules = [(name = "index.js", esModule = embed "../worker/index.js")],
    bindings = .bindings,
    durableObjectNamespaces = .objects,
    durableObjectStorage = (localDisk = "state"),
  ),
);

# By their keys sessions are found on disk again.
const objects :List(Workerd.Worker.DurableObjectNamespace) = [
  (className = "Session", uniqueKey = "sightline-Session", enableSql = true),
  (className = "Directory", uniqueKey = "sightline-Directory", enableSql = true),
];

const bindings :List(Workerd.Worker.Binding) = [
  (name = "SESSIONS", durableObjectNamespace = "Session"),
  (name = "DIRECTORY", durableObjectNamespace = "Directory"),
  (name = "ASSETS", service = "assets"),
  (name = "PUBLISH_KEY", fromEnvironment = "PUBLISH_KEY"),
  (name = "ALLOWED_ORIGINS", fromEnvironment = "ALLOWED_ORIGINS"),
  (name = "ICE_SERVERS", fromEnvironment = "ICE_SERVERS"),
  (name = "TURN_URLS", fromEnvironment = "TURN_URLS"),
  (name = "TURN_SHARED_SECRET", fromEnvironment = "TURN_SHARED_SECRET"),
  (name = "TURN_KEY_ID", fromEnvironment = "TURN_KEY_ID"),
  (name = "TURN_KEY_API_TOKEN", fromEnvironment = "TURN_KEY_API_TOKEN"),
  (name = "TURN_API_BASE", fromEnvironment = "TURN_API_BASE"),
  (name = "TURN_TTL", fromEnvironment = "TURN_TTL"),
  (name = "TURN_POLICY", fromEnvironment = "TURN_POLICY"),
  (
    name = "CREATE_LIMIT",
    wrapped = (
      moduleName = "sightline:rate-limit",
      innerBindings = [(name = "limit", fromEnvironment = "CREATE_LIMIT"), (name = "periodMs", json = "60000")],
    ),
  ),
  (
    name = "JOIN_LIMIT",
    wrapped = (
      moduleName = "sightline:rate-limit",
      innerBindings = [(name = "limit", fromEnvironment = "JOIN_LIMIT"), (name = "periodMs", json = "60000")],
    ),
  ),
  (
    name = "BAD_TOKEN_LIMIT",
    wrapped = (
      moduleName = "sightline:rate-limit",
      innerBindings = [(name = "limit", fromEnvironment = "BAD_TOKEN_LIMIT"), (name = "periodMs", json = "60000")],
    ),
  ),
];

const extensions :List(Workerd.Extension) = [
  (modules = [(name = "sightline:rate-limit", esModule = embed "rate-limit.js", internal = true)]),
];
