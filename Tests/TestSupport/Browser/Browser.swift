internal import Embedded
internal import EventLoop
internal import Foundation

/// A headless Chromium with a profile of its own, driven over the WebDriver protocol (W3C
/// recommendation, 2018) through `chromedriver`.
///
/// What the protocol does not know, such as dark mode or a narrow screen, goes through Chromium's
/// DevTools protocol.
public final class Browser: Sendable {
  /// A command was refused, or the browser did not start.
  public struct Failure: Error, CustomStringConvertible {
    public let description: String
  }

  /// A host that leads to this machine, whatever the name service says.
  public static let host = "shop.test"

  private static let loop = EventLoop.start(name: "browser")
  /// How long one command may take: a loaded machine starts a browser slowly.
  private static let patience = Duration.seconds(120)

  private let driver: ChildProcess
  private let address: SocketAddress
  private let session: String
  private let folder: String

  private init(driver: ChildProcess, address: SocketAddress, session: String, folder: String) {
    self.driver = driver
    self.address = address
    self.session = session
    self.folder = folder
  }

  // MARK: Life

  static func start() async throws -> Browser {
    let folder = TestFolder.make("browser")
    let log = "\(folder)/driver.log"
    let driver: ChildProcess
    do {
      // The browser keeps its files below these; nothing of the user's own is read or written.
      driver = try await ChildProcess.start(
        "/usr/bin/env",
        [
          "HOME=\(folder)", "TMPDIR=\(folder)", "XDG_CACHE_HOME=\(folder)",
          "XDG_CONFIG_HOME=\(folder)", "chromedriver", "--port=0",
        ], log: log)
    }
    let address = try await port(of: driver, log: log)
    do {
      let session = try await open(address, folder: folder)
      return Browser(driver: driver, address: address, session: session, folder: folder)
    } catch {
      driver.send(signal: SIGKILL)
      throw error
    }
  }

  /// The port that the driver chose, which it writes into its log.
  private static func port(of driver: ChildProcess, log: String) async throws -> SocketAddress {
    let port: Int = try await eventually(within: patience, "chromedriver's port") {
      let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
      if driver.status != nil { throw Failure(description: "chromedriver ended: \(text)") }
      let match = text.firstMatch(of: /started successfully on port (\d+)/)
      return match.flatMap { Int($0.1) }
    }
    return .tcp(host: "127.0.0.1", port: port)
  }

  private static func open(_ address: SocketAddress, folder: String) async throws -> String {
    struct Opened: Decodable, Sendable { let sessionId: String }
    let arguments = [
      "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
      "--no-first-run", "--disable-background-networking", "--disable-component-update",
      "--disable-sync", "--hide-scrollbars", "--force-color-profile=srgb",
      "--disable-features=HttpsUpgrades,Translate", "--user-data-dir=\(folder)/profile",
      "--host-resolver-rules=MAP \(host) 127.0.0.1", "--window-size=1024,768",
      // Its end ends the browser, however the driver ends.
      "--remote-debugging-pipe",
    ]
    let capabilities: [String: any Sendable] = [
      "capabilities": [
        "alwaysMatch": [
          "browserName": "chrome",
          "goog:chromeOptions": ["args": arguments] as [String: any Sendable],
        ] as [String: any Sendable]
      ]
    ]
    return try await ask(address, "POST", "/session", capabilities, as: Opened.self).sessionId
  }

  /// Ends the browser and its driver, and removes what they wrote.
  func stop() async {
    try? await command("DELETE", "", nil)
    driver.send(signal: SIGTERM)
    _ = await driver.ended()
    // The last processes of a browser end after it.
    let folder = folder
    try? await eventually { processes(using: folder).isEmpty }
    TestFolder.remove(folder)
  }

  // MARK: Commands

  /// Sends one command of the session that answers with nothing of interest.
  private func command(
    _ method: String, _ path: String, _ body: [String: any Sendable]?
  ) async throws {
    _ = try await Self.ask(
      address, method, "/session/\(session)\(path)", body, as: Ignored?.self)
  }

  private struct Ignored: Decodable, Sendable {
    init(from decoder: any Decoder) {}
  }

  /// Goes to a page and waits until it is loaded.
  public func open(_ url: String) async throws { try await command("POST", "/url", ["url": url]) }

  public func reload() async throws { try await command("POST", "/refresh", [:]) }

  /// Runs JavaScript as the body of a function and returns what it returns.
  public func run<Value: Decodable & Sendable>(
    _ script: String, as type: Value.Type = Value.self
  ) async throws -> Value {
    try await Self.ask(
      address, "POST", "/session/\(session)/execute/sync",
      ["script": script, "args": [String]()], as: type)
  }

  /// A command of the DevTools protocol.
  public func inspect(_ name: String, _ parameters: [String: any Sendable]) async throws {
    try await command("POST", "/goog/cdp/execute", ["cmd": name, "params": parameters])
  }

  /// Clicks as a user does: the element must be seen.
  public func click(_ selector: String) async throws {
    let found = try await Self.ask(
      address, "POST", "/session/\(session)/element",
      ["using": "css selector", "value": selector], as: [String: String].self)
    guard let element = found.values.first else {
      throw Failure(description: "no \(selector)")
    }
    try await command("POST", "/element/\(element)/click", [:])
  }

  /// What is seen, as a PNG.
  public func screenshot() async throws -> [UInt8] {
    let text = try await Self.ask(
      address, "GET", "/session/\(session)/screenshot", nil, as: String.self)
    return Array(Data(base64Encoded: text) ?? Data())
  }

  // MARK: The wire

  private struct Answer<Value: Decodable>: Decodable { let value: Value }
  private struct Refusal: Decodable {
    let error: String
    let message: String
  }

  private static func ask<Value: Decodable & Sendable>(
    _ address: SocketAddress, _ method: String, _ path: String,
    _ body: [String: any Sendable]?, as type: Value.Type
  ) async throws -> Value {
    let text = try body.map {
      String(decoding: try JSONSerialization.data(withJSONObject: $0), as: UTF8.self)
    }
    let response = try await loop.submit {
      let client = try await HTTPTestClient.connect(to: address, on: loop)
      defer { client.close() }
      client.patience = patience
      client.send(
        method, path, headers: [("Host", "localhost"), ("Content-Type", "application/json")],
        body: text)
      return try await client.response()
    }
    let data = Data(response.body)
    guard response.status == 200 else {
      let refusal = try? JSONDecoder().decode(Answer<Refusal>.self, from: data).value
      throw Failure(description: "\(path): \(refusal.map { "\($0)" } ?? response.text)")
    }
    return try JSONDecoder().decode(Answer<Value>.self, from: data).value
  }
}

/// Runs `body` with a browser of its own, which is gone afterwards with all its files.
public func withBrowser<Result: Sendable>(
  _ body: (Browser) async throws -> Result
) async throws -> Result {
  let browser = try await Browser.start()
  do {
    let result = try await body(browser)
    await browser.stop()
    return result
  } catch {
    await browser.stop()
    throw error
  }
}
