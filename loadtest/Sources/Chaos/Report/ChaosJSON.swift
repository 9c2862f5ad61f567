/// A chaos run for programs.
struct ChaosJSON: Encodable {
  struct Round: Encodable {
    let number: Int
    let struck: [String]
    let held: Bool
    let requests: Int
    let granted: Int
    let refused: Int
    let unknown: Int
    let lost: Int
    let recorded: Int
    let paid: Int
    let returned: Int
    let readings: Int
    let recoveredMilliseconds: Int?
    let reopenedMilliseconds: Int?
    let operations: [String: Int]
    let skipped: [String]
    let breaches: Int
    let breachExamples: [String]

    init(_ round: RoundReport) {
      number = round.plan.number
      struck = round.plan.strikes.map(\.description)
      held = round.breaches.count == 0
      requests = round.requests
      granted = round.granted
      refused = round.refused
      unknown = round.unknown
      lost = round.lost
      recorded = round.recorded
      paid = round.paid
      returned = round.givenBack
      readings = round.samples
      recoveredMilliseconds = round.recoveredAfter
      reopenedMilliseconds = round.reopenedAfter
      operations = Dictionary(
        uniqueKeysWithValues: OperationCounts.Kind.allCases.map {
          ($0.rawValue, round.operations[$0])
        })
      skipped = round.skipped
      breaches = round.breaches.count
      breachExamples = round.breaches.examples
    }
  }

  let command: [String]
  let provenance: Provenance
  let seed: UInt64
  let plannedRounds: Int
  let held: Bool
  let requests: Int
  let rounds: [Round]

  init(_ report: ChaosReport) {
    command = ["chaos"] + report.options.command
    provenance = report.provenance
    seed = report.options.seed
    plannedRounds = report.options.rounds
    held = report.breaches == 0
    requests = report.requests
    rounds = report.rounds.map(Round.init)
  }
}
