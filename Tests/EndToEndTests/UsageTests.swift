import Foundation
import TestSupport
import Testing

@testable import spillway

/// Bad configuration: exit status 2 and exactly one clear line, before anything listens.
@Suite struct UsageTests {
  struct Mistake: Sendable, CustomTestStringConvertible {
    let arguments: [String]
    let environment: [String: String]
    let complaint: String

    init(_ arguments: String, _ complaint: String) { self.init(arguments, [:], complaint) }

    init(_ arguments: String, _ environment: [String: String], _ complaint: String) {
      self.arguments = arguments.split(separator: " ").map(String.init)
      self.environment = environment
      self.complaint = complaint
    }

    var testDescription: String { arguments.joined(separator: " ") }
  }

  private static let redis = "--redis-url redis://127.0.0.1:1"
  private static let servers = "\(redis) --database-url postgres://u@127.0.0.1:1/x"

  static let mistakes: [Mistake] = [
    Mistake("frobnicate", "unknown command 'frobnicate'; see spillway --help"),
    Mistake("up --nope", "up: unknown option '--nope'"),
    Mistake("up --Port=1", "up: unknown option '--Port'"),
    Mistake("up extra", "up: unexpected argument 'extra'"),
    Mistake("up -p", "up: unexpected argument '-p'"),
    Mistake("up --port", "up: --port needs a value"),
    Mistake("up --data=", "up: --data needs a value"),
    Mistake("up --data --demo", "up: --data needs a value"),
    Mistake("up --demo=yes", "up: --demo takes no value"),
    Mistake("up --port eighty", "up: --port must be a number from 0 to 65535, not 'eighty'"),
    Mistake("up --port=65536", "up: --port must be a number from 0 to 65535, not '65536'"),
    Mistake("up --loops 0", "up: --loops must be a number from 1 to 256, not '0'"),
    Mistake(
      "up --database-connections 65",
      "up: --database-connections must be a number from 1 to 64, not '65'"),
    Mistake(
      "up --stream-limit x", "up: --stream-limit must be a number from 100 to 100000000, not 'x'"),
    Mistake("up --host nowhere", "up: --host must be an IP address, not 'nowhere'"),
    Mistake(
      "up --port 8080 --ops-port 8080", "up: --ops-port must be another port than --port"),
    Mistake(
      "up --redis-fsync never", "up: --redis-fsync must be one of always, everysec, not 'never'"),
    Mistake(
      "up --log-level loud",
      "up: --log-level must be one of debug, info, warning, error, not 'loud'"),
    Mistake(
      "up", ["SPILLWAY_PORT": "x"], "up: SPILLWAY_PORT must be a number from 0 to 65535, not 'x'"),
    Mistake(
      "up", ["SPILLWAY_DEMO": "maybe"], "up: SPILLWAY_DEMO must be true or false, not 'maybe'"),
    Mistake("serve", "serve: --redis-url (or SPILLWAY_REDIS_URL) is required"),
    Mistake("serve \(redis)", "serve: --database-url (or SPILLWAY_DATABASE_URL) is required"),
    Mistake(
      "serve \(servers)",
      "serve: --token-keys (or SPILLWAY_TOKEN_KEYS) is required in production mode"),
    Mistake(
      "serve \(servers) --mode test",
      "serve: --mode must be one of production, development, not 'test'"),
    Mistake(
      "serve \(servers) --token-keys /nowhere",
      "serve: --token-keys: key file /nowhere: No such file or directory"),
    Mistake(
      "serve", ["SPILLWAY_REDIS_URL": "http://u:secret@h"],
      "serve: SPILLWAY_REDIS_URL: bad Redis configuration: a Redis URL begins with redis://, unix://, redis-cluster:// or redis-sentinel://"
    ),
    Mistake(
      "serve \(redis) --database-url postgres://u:secret@h:port/x",
      "serve: --database-url: bad Postgres URL: the port is not a number up to 65535"),
    Mistake(
      "up --rate-policies /nowhere",
      "up: --rate-policies: /nowhere: cannot be read: No such file or directory"),
    Mistake(
      "up", ["SPILLWAY_RATE_POLICIES": "/dev/null"],
      "up: SPILLWAY_RATE_POLICIES: /dev/null: the file is not valid JSON: the text ends too early "
        + "at byte 0"),
    Mistake(
      "up --markets /nowhere",
      "up: --markets: /nowhere: cannot be read: No such file or directory"),
    Mistake(
      "serve", ["SPILLWAY_MARKETS": "/dev/null"],
      "serve: SPILLWAY_MARKETS: /dev/null: the file is not valid JSON: the text ends too early "
        + "at byte 0"),
    Mistake(
      "up --trusted-proxies 10.0.0.0/8,proxy",
      "up: --trusted-proxies: 'proxy' is no network such as 10.0.0.0/8"),
    Mistake(
      "up --forwarded-header via",
      "up: --forwarded-header must be one of x-forwarded-for, forwarded, not 'via'"),
    Mistake(
      "serve \(servers) --replica-acks 17 --mode development --data /tmp",
      "serve: --replica-acks must be a number from 0 to 16, not '17'"),
    Mistake(
      "reconcile --redis-url redis-cluster://h:1/2",
      "reconcile: --redis-url: bad Redis configuration: a cluster has one database only: "
        + "a redis-cluster:// URL names none"),
    Mistake(
      "reconcile --redis-url redis-sentinel://h:1,h:2",
      "reconcile: --redis-url: bad Redis configuration: a redis-sentinel:// URL names the master "
        + "behind the sentinels: host:port,…/master"),
    Mistake("reconcile", "reconcile: --redis-url (or SPILLWAY_REDIS_URL) is required"),
    Mistake("token", "token: --user (or SPILLWAY_USER) is required"),
    Mistake("token --user u --role KING", "token: unknown role 'KING'"),
    Mistake("token --user u --tenant A!", "token: --tenant: 'A!' is no name of a tenant"),
    Mistake("token --user u --market Korea", "token: --market: 'Korea' is no market such as KR"),
    Mistake(
      "token --user u", ["SPILLWAY_MARKET": "kr"],
      "token: SPILLWAY_MARKET: 'kr' is no market such as KR"),
    Mistake("token --user ü", "token: --user must make 1 to 64 visible ASCII characters"),
    Mistake(
      "token --user u --count 0", "token: --count must be a number from 1 to 10000000, not '0'"),
    Mistake("rebuild --cell !", "rebuild: --cell: '!' is no name of a cell"),
    Mistake(
      "audit --data /nowhere",
      "audit: no instance runs in /nowhere: start 'spillway up', name its folder with --data, "
        + "or give the URLs of Redis and Postgres"),
    Mistake(
      "migrate --data /nowhere",
      "migrate: no instance runs in /nowhere: start 'spillway up', name its folder with --data, "
        + "or give the URLs of Redis and Postgres"),
    Mistake("openapi --yaml", "openapi: unknown option '--yaml'"),
  ]

  @Test(arguments: mistakes)
  func `a mistake gets one clear line and exit status 2`(_ mistake: Mistake) async throws {
    let result = try await spillway(mistake.arguments, environment: mistake.environment)
    #expect(result.status == .exited(2))
    #expect(result.errors == "spillway: \(mistake.complaint)\n")
    #expect(result.output == "")
  }

  @Test func `a secret in a wrong URL is not repeated`() async throws {
    for url in ["postgres://u:hush@h:port/x", "postgres://u:hu%sh@h/x", "postgres://u:hush@[h/x"] {
      let result = try await spillway(
        "serve", "--redis-url", "unix:///x", "--database-url", url)
      #expect(result.status == .exited(2))
      #expect(result.errors.split(separator: "\n").count == 1)
      #expect(!result.errors.contains("hu"))
    }
    let result = try await spillway("serve", "--redis_url=redis://:hush@h")
    #expect(result.errors == "spillway: serve: unknown option '--redis_url'\n")
  }

  @Test(arguments: Program.commands.map(\.name))
  func `help of a command names every option and its variable`(_ name: String) async throws {
    let command = Program.commands.first { $0.name == name }!
    for words in [
      [name, "--help"], [name, "-h"], ["help", name], [name, "--port", "x", "--help"],
    ] {
      let result = try await spillway(words)
      #expect(result.status == .exited(0))
      #expect(result.errors == "")
      #expect(result.output.contains(command.summary))
      for option in command.options {
        #expect(result.output.contains("  --\(option.name)"))
        #expect(result.output.contains("  \(option.environmentName)\n"))
      }
    }
  }

  @Test func `help lists all commands`() async throws {
    for words in [["--help"], ["-h"], ["help"]] {
      let result = try await spillway(words)
      #expect(result.status == .exited(0))
      for command in Program.commands { #expect(result.output.contains("  \(command.name) ")) }
    }
    let nothing = try await spillway([])
    #expect(nothing.status == .exited(2))
    #expect(nothing.output.contains("Usage: spillway COMMAND"))
  }

  @Test func `a reader that goes away ends a command without a crash`() async throws {
    for command in [
      "openapi", "token --user u --count 100000 --token-keys \(try TokenKeys.file("a"))",
    ] {
      let output = try await run(
        "/bin/bash",
        [
          "-c",
          "SPILLWAY_MODE=development \(RunningProgram.executable) \(command) | true; "
            + "echo ${PIPESTATUS[0]}",
        ])
      #expect(
        output == "spillway: \(command.prefix { $0 != " " }): "
          + "cannot write to standard output: Broken pipe\n1\n")
    }
  }
}
