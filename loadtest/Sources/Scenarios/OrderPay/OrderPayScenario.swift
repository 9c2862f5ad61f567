internal import EventLoop

/// The whole way of money: every user orders a piece of a new sale and pays it from its wallet. Orders come
/// at a rate that does not wait for anybody; every answer is checked; afterwards answers, payments and
/// wallets are compared.
final class OrderPayScenario: LoadScenario {
  static let name = "order-pay"
  static let summary = "users order a piece each of a new sale and pay it from their wallets"
  static let options = OrderPayOptions.options

  let outcomes = OrderPayOutcome.all
  /// What progress is told by: buyers, however often each asks.
  var requestCount: Int { options.users }
  private let load: LoadOptions
  private let options: OrderPayOptions

  /// Minor units of a piece.
  static let price = 129_000
  /// What is in a wallet beside the price.
  static let change = 1_000

  init(arguments: CommandArguments, load: LoadOptions) throws(UsageError) {
    self.load = load
    options = try OrderPayOptions(arguments, load: load)
  }

  func run(_ display: ProgressDisplay) async throws(ScenarioError) -> LoadRun.Result {
    let loop = EventLoop.start(name: "buyers")
    defer { loop.stop() }
    let (load, options) = (load, options)
    do {
      return try await loop.submit {
        let run = try await OrderPayRun(options, load, loop: loop)
        let course = try await run.buy(display)
        return LoadRun.Result(
          tally: course.tally, seconds: course.seconds, processorSeconds: course.processorSeconds,
          conclusion: await run.conclude(course), series: course.series)
      }
    } catch let error as ScenarioError {
      throw error
    } catch {
      throw ScenarioError("\(error)")
    }
  }
}
