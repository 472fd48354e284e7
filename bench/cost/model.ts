import type { Counts } from "./counts.ts";
import { type JoinScenario, PAGE_FILES } from "./scenarios.ts";

type Heard = Pick<Counts, "requests" | "messages">;

/** In what a real join and leaving, counted here and now, are others than the scenario that stands for them; a sentence each. */
export function differencesOf(scenario: JoinScenario, join: Heard, leave: Heard): string[] {
  const { viewerCandidates, senderCandidates, standby } = scenario;
  const played = [
    ...["GET /s/ID", "POST /api/sessions/ID/offer", "GET /api/sessions/ID/signal"],
    ...PAGE_FILES.map((path) => `GET ${path}`),
    ...["sender answer", "viewer bye", "sender bye"],
    ...Array.from({ length: viewerCandidates }, () => "viewer candidate"),
    ...Array.from({ length: senderCandidates }, () => "sender candidate"),
    ...(standby ? ["sender standby"] : []),
  ];
  const real = [join, leave].flatMap(({ requests, messages }) => [...requests.map(anonymous), ...messages]);
  const count = (of: string[], what: string) => of.filter((each) => each === what).length;
  return [...new Set([...played, ...real])].flatMap((what) => {
    const [inReal, inPlayed] = [count(real, what), count(played, what)];
    return inReal === inPlayed ? [] : [`"${what}" is there ${inReal} times, and ${inPlayed} in the scenario`];
  });
}

/** The session's id is another one each time. */
function anonymous(request: string): string {
  return request.replace(/\/(s|api\/sessions)\/[\w-]+/, "/$1/ID");
}
