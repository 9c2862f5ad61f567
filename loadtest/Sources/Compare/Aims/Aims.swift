/// What Spillway is to reach on two cores that generator, API, reconciler, Redis and PostgreSQL share.
enum Aims {
  /// Orders that are paid in a second.
  static let paidPerSecond = 4_000
  /// How long nineteen of twenty payments may take at half of that, in milliseconds.
  static let longestPayment = 50.0

  static let all = [
    Aim(figure: "winning claims, times webdis'", bound: .atLeast(2), digits: 2) {
      $0.rate(of: .winning, over: (WebdisContender.title, .winning))
    },
    Aim(figure: "winning claims, times the FastAPI service's", bound: .atLeast(15), digits: 1) {
      $0.rate(of: .winning, over: (FastAPIContender.title, .winning))
    },
    Aim(figure: "CPU of API and Redis for a winning claim, µs", bound: .atMost(10), digits: 1) {
      $0.each(.winning) { run in
        guard let api = run.microseconds["API"], let redis = run.microseconds["Redis"] else {
          return nil
        }
        return api + redis
      }
    },
    Aim(figure: "sold-out answers, times fixed answers", bound: .atLeast(0.9), digits: 2) {
      $0.rate(of: .soldOut, over: (SpillwayContender.title, .fixed))
    },
    Aim(figure: "polls of visitors, times fixed answers", bound: .atLeast(0.9), digits: 2) {
      $0.rate(of: .poll, over: (SpillwayContender.title, .fixed))
    },
    Aim(figure: "paid orders a second", bound: .atLeast(Double(paidPerSecond)), digits: 0) {
      $0.each(.paid) { $0.report.rate }
    },
    Aim(
      figure: "P95 of payments at \(TextFormat.grouped(paidPerSecond / 2)) orders a second, ms",
      bound: .atMost(longestPayment), digits: 1
    ) {
      $0.each(.paidAtHalf) { run in run.report.percentile95.map { $0 / 1000 } }
    },
  ]
}
