internal import Domain
internal import Embedded
internal import EventLoop
internal import Foundation
internal import Services

/// Spillway with one API loop in a process of its own, beside a `spillway up` that lends it Redis,
/// Postgres and the reconciler.
final class SpillwayContender: Contender {
  static let title = "spillway"
  let name: String

  private let program: String
  let folder: String
  private let users: Int
  private let loop: EventLoop
  private let fsync: RedisServer.Fsync
  /// When a claim is answered: `hot` or `ledger`.
  private let acknowledge: String
  private var child: ChildProgram?
  private var api: ChildProgram?
  private var target: Target?
  /// Buyers of all runs so far: those of one are none of another.
  var buyers = 0
  /// What the ledger is told of meanwhile.
  private var written: Written?

  /// Where a run's facts end.
  private enum Written {
    case campaign(Identifier)
    case sale(Identifier)
  }

  /// - Parameters:
  ///   - program: the path of the `spillway` executable.
  ///   - folder: an empty folder for its data.
  ///   - users: tokens to make; a run with more requests begins again with the first.
  ///   - fsync: when its Redis makes writes durable.
  ///   - acknowledge: when a claim is answered: `hot`, once Redis has it, or `ledger`, once Postgres has.
  ///     Whoever waits for the ledger takes part in winning claims only.
  init(
    name: String = SpillwayContender.title, program: String, folder: String, users: Int,
    fsync: RedisServer.Fsync, acknowledge: String = "hot", loop: EventLoop
  ) {
    self.name = name
    self.acknowledge = acknowledge
    self.fsync = fsync
    self.program = program
    self.folder = folder
    self.users = users
    self.loop = loop
  }

  var data: String { "\(folder)/data" }

  func start() async throws(ScenarioError) {
    try ContenderFolder.make(folder)
    let child = try await ChildProgram.start(
      [
        program, "up", "--demo", "--data", data, "--port", "0", "--loops", "1",
        "--log-level", "warning", "--redis-fsync", fsync.rawValue,
      ])
    self.child = child
    _ = try await child.line(after: "ready ", within: .seconds(120))
    let policies = "\(folder)/rate-policies.json"
    try OutputFile.write(PackageResources.rate_policies_json, to: policies)
    let api = try await ChildProgram.start(
      [
        program, "serve", "--mode", "development", "--data", data, "--port", "0", "--loops", "1",
        "--log-level", "warning", "--redis-url", EmbeddedServers.redis(in: data).url,
        "--database-url", EmbeddedServers.postgres(in: data).url, "--rate-policies", policies,
      ])
    self.api = api
    let url = try await api.line(after: "ready ", within: .seconds(30))
    target = Target(url: url.trimmingCharacters(in: .whitespaces))
    guard target != nil else { throw ScenarioError("spillway said ready \(url)") }
    try writeFiles()
  }

  private func writeFiles() throws(ScenarioError) {
    let signer = try signer()
    var tokens: [UInt8] = []
    for number in 1...users {
      tokens.append(contentsOf: try Self.token(signer, "U\(number)", .user).utf8)
      tokens.append(UInt8(ascii: "\n"))
    }
    try OutputFile.write(tokens, to: "\(folder)/tokens")
    try OutputFile.write(
      PackageResources.spillway_requests_lua, to: "\(folder)/spillway-requests.lua")
  }

  private func signer() throws(ScenarioError) -> TokenSigner {
    do {
      return try TokenSigner(key: DevelopmentKey.load(in: data))
    } catch {
      throw ScenarioError("cannot sign tokens: \(error)")
    }
  }

  static func token(
    _ signer: TokenSigner, _ name: String, _ role: Role
  ) throws(ScenarioError) -> String {
    guard let user = UserID(name), let tenant = TenantID("demo") else {
      throw ScenarioError("\(name) is no user")
    }
    return signer.sign(
      TokenClaims(
        user: user, tenant: tenant, roles: RoleSet(role), issuedAt: WallClock.system.now()))
  }

  func prepare(_ load: CompareLoad) async throws(ScenarioError) -> (any GeneratorTask)? {
    guard let target else { throw ScenarioError("spillway is not started") }
    guard acknowledge == "hot" || load == .winning else { return nil }
    written = nil
    if load == .fixed { return task("GET", "/healthz", target) }
    // Nothing else comes under the policy of the file.
    if load == .refused {
      return task("GET", "/v1/admin/campaigns", target, wantsRefusals: true)
    }
    if let rate = load.ordersPerSecond { return orderPayTask(target, rate: rate) }
    let signer = try signer()
    let token = try Self.token(signer, "loadtest", .marketingManager)
    if load == .poll { return try await pollTask(target, operator: token) }
    if load == .order || load == .limitedOrder {
      let seller = try Self.token(signer, "loadtest", .appAdmin)
      let (sale, task) = try await orderTask(
        target, operator: seller, perUserLimit: load == .order ? 0 : 100)
      written = .sale(sale)
      return task
    }
    let acknowledge = acknowledge
    let campaign = try await onLoop { loop throws(ScenarioError) in
      try await CampaignMaker(client: HTTPClient(target: target, loop: loop), token: token)
        .make(
          quantity: load == .soldOut ? 1 : CompareLoad.plenty, acknowledge: acknowledge,
          ratePerSecond: load == .keyed ? CompareLoad.unreachedRate : nil)
    }
    let path = "/v1/campaigns/\(campaign)/coupons"
    if load == .soldOut {
      let buyer = try Self.token(signer, "buyer", .user)
      try await takeOnly(path, buyer, target)
    } else {
      written = .campaign(campaign)
    }
    try await AnswerProbe(contender: name).check(load) { user throws(ScenarioError) in
      let token = try Self.token(signer, user, .user)
      let answer = try await AnswerProbe.request(
        "POST", path, headers: [("Authorization", "Bearer \(token)")], at: target, on: loop)
      return PeerAnswer(status: answer.status, body: answer.body)
    }
    var task = task("POST", path, target, wantsRefusals: load == .soldOut)
    if load == .keyed { task.environment["COMPARE_SUFFIX"] = "|X-Idempotency-Key: \(campaign)-*" }
    return task
  }

  /// Requests to `path`, each with another user's token.
  private func task(
    _ method: String, _ path: String, _ target: Target, wantsRefusals: Bool = false
  ) -> WrkTask {
    let length = method == "GET" ? "" : "|Content-Length: 0"
    return WrkTask(
      url: "http://\(target.address)", script: "\(folder)/spillway-requests.lua",
      environment: [
        "COMPARE_PREFIX":
          "\(method) \(path) HTTP/1.1|Host: \(target.host)\(length)|Authorization: Bearer ",
        "COMPARE_TOKENS": "\(folder)/tokens",
      ], wantsRefusals: wantsRefusals)
  }

  /// Claims the only coupon of a campaign.
  private func takeOnly(
    _ path: String, _ token: String, _ target: Target
  ) async throws(ScenarioError) {
    try await onLoop { loop throws(ScenarioError) in
      do throws(ClientFailure) {
        let answer = try await HTTPClient(target: target, loop: loop)
          .request("POST", path, headers: [("Authorization", "Bearer \(token)")])
        guard answer.status == 201 else {
          throw ClientFailure.unreachable("claiming brought \(answer.status): \(answer.body)")
        }
      } catch {
        throw ScenarioError("\(error)")
      }
    }
  }

  func answers() async -> [Int: Double]? {
    guard let target else { return nil }
    let text = try? await onLoop { loop throws(ScenarioError) in
      let answer = try? await HTTPClient(target: target, loop: loop).request("GET", "/metrics")
      return answer.flatMap { $0.status == 200 ? $0.body : nil }
    }
    return text.flatMap { $0 }.map(StatusCounts.read)
  }

  func processorSeconds() -> [String: Double] {
    guard let child, let api else { return [:] }
    var sums = ProcessTree.processorSeconds(below: child.identifier) {
      $0.hasPrefix("redis") ? "Redis" : "Postgres"
    }
    sums["API"] = ProcessorTime.ofProcess(api.identifier) ?? 0
    sums["Reconciler"] = ProcessorTime.ofProcess(child.identifier) ?? 0
    return sums
  }

  /// Waits for the ledger and reads how late it was.
  func settle() async throws(ScenarioError) -> [String: Double] {
    guard let written else { return [:] }
    let url = EmbeddedServers.postgres(in: data).url
    return try await onLoop { loop throws(ScenarioError) in
      let reader = try await LedgerReader(url: url, loop: loop)
      defer { reader.close() }
      do {
        let (name, rows, lag) =
          switch written {
          case .campaign(let id):
            (
              "coupons issued", try await reader.waitUntilStill(id), try await reader.lag(of: id)
            )
          case .sale(let id):
            (
              "orders made", try await reader.waitUntilStill(ordersOf: id),
              try await reader.lag(ofOrders: id)
            )
          }
        return [
          name: Double(rows), "ledger lag P50 ms": lag.median * 1e3,
          "ledger lag P99 ms": lag.percentile99 * 1e3,
        ]
      } catch {
        throw ScenarioError("the ledger: \(error)")
      }
    }
  }

  func stop() async {
    await api?.stop()
    await child?.stop()
  }

  func onLoop<Value: Sendable>(
    _ body: @escaping @Sendable (EventLoop) async throws(ScenarioError) -> Value
  ) async throws(ScenarioError) -> Value {
    let loop = loop
    do {
      return try await loop.submit { try await body(loop) }
    } catch {
      throw error as? ScenarioError ?? ScenarioError("\(error)")
    }
  }
}
