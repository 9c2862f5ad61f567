internal import EventLoop
internal import Glibc

/// One run of `order-pay`: buyers of this program's own, who come at a rate and do not wait for each other.
/// Every answer is checked, and payments and wallets are compared with the ledger.
///
/// What it reports are orders that were paid, and latencies of their payments.
struct OrderPayTask: GeneratorTask {
  let target: Target
  /// The folder of the instance, with its key and its ledger.
  let data: String
  /// Orders a second.
  let rate: Int
  /// The number of the first buyer, of whom no other run has one.
  let firstUser: Int

  func run<Sample>(
    connections: Int, seconds: Int, sample: (Int32) -> Sample
  ) async throws(ScenarioError) -> (report: GeneratorReport, begin: Sample, end: Sample) {
    let loop = EventLoop.start(name: "buyers")
    defer { loop.stop() }
    let (options, load) = try self.options(connections: connections, seconds: seconds)
    let quiet = ProgressDisplay(
      outcomes: OrderPayOutcome.all, total: options.users, isTerminal: false, write: { _ in })
    do {
      let run = try await loop.submit { [firstUser] in
        LoopConfined(try await OrderPayRun(options, load, firstUser: firstUser, loop: loop))
      }
      let begin = sample(getpid())
      let course = try await loop.submit { try await run.value.buy(quiet) }
      let end = sample(getpid())
      let conclusion = try await loop.submit { await run.value.conclude(course) }
      guard conclusion.breaches.count == 0 else {
        throw ScenarioError("orders were paid wrongly: \(conclusion.breaches.examples)")
      }
      guard course.paid > 0 else { throw ScenarioError("no order was paid") }
      return (Self.report(course), begin, end)
    } catch {
      throw error as? ScenarioError ?? ScenarioError("\(error)")
    }
  }

  /// The command line of the same run.
  ///
  /// - Throws: `ScenarioError`.
  private func options(
    connections: Int, seconds: Int
  ) throws(ScenarioError) -> (OrderPayOptions, LoadOptions) {
    let words = [
      "--url", "http://\(target.address)", "--data", data, "--rate", "\(rate)", "--seconds",
      "\(seconds)", "--connections", "\(connections)",
    ]
    do {
      let arguments = try CommandArguments(
        words, options: LoadOptions.options + OrderPayOptions.options)
      let load = try LoadOptions(arguments)
      return (try OrderPayOptions(arguments, load: load), load)
    } catch {
      throw ScenarioError("order-pay: \(error)")
    }
  }

  /// - Parameter course: of a run without breaches.
  static func report(_ course: OrderPayRun.Course) -> GeneratorReport {
    func microseconds(_ percent: Double) -> Double {
      Double(course.payments.percentile(percent)) / 1000
    }
    func count(_ kind: Outcome.Kind) -> Int {
      zip(OrderPayOutcome.all, course.tally.outcomes).reduce(0) {
        $0 + ($1.0.kind == kind ? Int($1.1.count) : 0)
      }
    }
    let others = count(.refusal) + count(.failure)
    return GeneratorReport(
      requests: course.paid, rate: course.rate, percentile50: microseconds(50),
      percentile95: microseconds(95), percentile99: microseconds(99), refused: count(.refusal),
      socketErrors: count(.failure),
      otherShare: Double(others) / Double(max(course.paid + others, 1)))
  }
}
