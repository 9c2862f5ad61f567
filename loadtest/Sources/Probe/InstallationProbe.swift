internal import Embedded
internal import EventLoop
internal import Foundation
internal import Postgres

/// Looks at the installation under test once a second while a run goes, on a loop of its own.
final class InstallationProbe: Sendable {
  /// What is known of the installation.
  struct Site: Sendable {
    let target: Target
    /// A token that may read cells; nil to leave them out.
    let token: String?
    /// The ledger; nil to leave dead rows out.
    let databaseURL: String?
    /// Processes beside the one that listens.
    let processes: [Int32]
  }

  static let options: [CommandArguments.Option] = [
    .init("processes", "PID,…", "server processes to watch beside the one that listens")
  ]

  private static let interval: Duration = .seconds(1)
  private static let timeout: Duration = .seconds(2)
  private let loop: EventLoop
  private let work: LoopConfined<Work>

  private final class Work {
    let site: Site
    let client: HTTPClient
    let pool: PostgresPool?
    let processes: ProcessProbe
    var readings: [InstallationReading] = []
    var task: Task<Void, Never>?

    init(_ site: Site, loop: EventLoop) {
      self.site = site
      client = HTTPClient(target: site.target, loop: loop, timeout: InstallationProbe.timeout)
      processes = ProcessProbe(target: site.target, others: site.processes)
      pool = site.databaseURL.flatMap {
        guard var configuration = try? PostgresConfiguration(url: $0) else { return nil }
        configuration.poolSize = 1
        return PostgresPool(configuration: configuration, loop: loop)
      }
      pool?.start()
    }
  }

  /// Begins to look.
  init(_ site: Site) async {
    let loop = EventLoop.start(name: "probe")
    self.loop = loop
    // The body throws nothing, and the loop has just begun.
    work = try! await loop.submit {
      let work = Work(site, loop: loop)
      work.task = loop.spawn {
        while !Task.isCancelled {
          work.readings.append(await Self.read(work))
          await loop.sleep(for: Self.interval)
        }
      }
      return LoopConfined(work)
    }
  }

  /// Ends looking.
  ///
  /// - Returns: what was seen, in order.
  func stop() async -> [InstallationReading] {
    let work = work
    let readings = try! await loop.submit {
      work.value.task?.cancel()
      await work.value.task?.value
      work.value.pool?.close()
      return work.value.readings
    }
    loop.stop()
    return readings
  }

  private static func read(_ work: Work) async -> InstallationReading {
    var reading = InstallationReading(moment: EventLoop.nanoseconds())
    if let token = work.site.token, let cells = await cells(work.client, token) {
      reading.lagMilliseconds = cells.compactMap(\.lag_ms).max()
      // The sum without one of them would look like streams that grow when it is back.
      if cells.allSatisfy({ $0.stream_length != nil }) {
        reading.streamLength = cells.compactMap(\.stream_length).reduce(0, +)
      }
    }
    if let pool = work.pool, let rows = try? await pool.query(deadRows) {
      reading.deadRows = try? rows[0].decode(0, as: Int.self)
    }
    reading.processes = work.processes.read()
    return reading
  }

  /// A cell as far as it is looked at.
  struct Cell: Decodable, Equatable {
    let lag_ms: Int?
    let stream_length: Int?
  }

  /// All cells, page by page; nil when one of the pages cannot be had.
  static func cells(_ client: HTTPClient, _ token: String) async -> [Cell]? {
    struct Page: Decodable {
      let data: [Cell]
      let next_cursor: String?
    }
    var cells: [Cell] = []
    var path = "/v1/admin/cells?limit=100"
    while true {
      let answer = try? await client.request(
        "GET", path, headers: [("Authorization", "Bearer \(token)")])
      guard let answer, answer.status == 200,
        let page = try? JSONDecoder().decode(Page.self, from: Data(answer.body.utf8))
      else { return nil }
      cells += page.data
      guard let cursor = page.next_cursor,
        let text = cursor.addingPercentEncoding(withAllowedCharacters: .alphanumerics)
      else { return cells }
      path = "/v1/admin/cells?limit=100&cursor=\(text)"
    }
  }

  private static let deadRows = Statement(
    unprepared: """
      select coalesce(sum(n_dead_tup), 0)::bigint from pg_stat_user_tables where schemaname = 'spillway'
      """)
}

extension InstallationProbe.Site {
  /// What a command line tells of the installation: its key and ledger, where they are at hand.
  ///
  /// - Throws: `UsageError`, or `ScenarioError` when a key or a token is named and cannot be read.
  init(_ arguments: CommandArguments, target: Target) throws {
    var processes: [Int32] = []
    for word in (arguments["processes"] ?? "").split(separator: ",") {
      guard let process = Int32(word), process > 0 else {
        throw UsageError("--processes must be numbers of processes, with commas between")
      }
      processes.append(process)
    }
    let folder = arguments["data"]
    let hasKey = folder != nil || arguments["admin-token"] != nil
    self.init(
      target: target,
      token: hasKey ? try TokenSource(TokenOptions(arguments)).administrator(.appAdmin) : nil,
      databaseURL: arguments["database"] ?? folder.map { EmbeddedServers.postgres(in: $0).url },
      processes: processes)
  }
}
