import Foundation
import Services
import Testing

@Suite struct DevelopmentKeyTests {
  private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = NSTemporaryDirectory() + "spillway-key-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }

  private func mode(_ path: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return try #require(attributes[.posixPermissions] as? Int)
  }

  @Test func `it is made once, for its owner only, and found again`() throws {
    try withFolder { folder in
      let made = try DevelopmentKey.loadOrCreate(in: folder)
      let path = "\(folder)/\(DevelopmentKey.fileName)"
      #expect(try mode(path) == 0o600)
      #expect(made.canSign)
      let again = try DevelopmentKey.loadOrCreate(in: folder + "/")
      let loaded = try DevelopmentKey.load(in: folder)
      let token = try TokenSigner(key: made).sign(TokenFixture.claims())
      for key in [again, loaded] {
        #expect(key.id == made.id)
        #expect(TokenVerifier(ring: try KeyRing([key])).verify(token).refusal == nil)
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 1)
      #expect(try KeyRing.load(path: path).keys.map(\.id) == [made.id])
    }
  }

  @Test func `two folders have two keys`() throws {
    try withFolder { first in
      try withFolder { second in
        let key = try DevelopmentKey.loadOrCreate(in: first)
        let token = try TokenSigner(key: key).sign(TokenFixture.claims())
        let ring = try KeyRing([DevelopmentKey.loadOrCreate(in: second)])
        #expect(TokenVerifier(ring: ring).verify(token).refusal == .unknownKey)
      }
    }
  }

  @Test func `processes that start together get one key`() async throws {
    let folder = NSTemporaryDirectory() + "spillway-key-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let names = try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<8 { group.addTask { try DevelopmentKey.loadOrCreate(in: folder).id } }
      return try await group.reduce(into: Set<String>()) { $0.insert($1) }
    }
    #expect(names.count == 1)
  }

  @Test func `a file that others can read, a link, garbage and nothing are refused`() throws {
    try withFolder { folder in
      let path = "\(folder)/\(DevelopmentKey.fileName)"
      #expect(throws: KeyError.self) { try DevelopmentKey.load(in: folder) }
      _ = try DevelopmentKey.loadOrCreate(in: folder)
      chmod(path, 0o644)
      #expect(throws: KeyError.self) { try DevelopmentKey.loadOrCreate(in: folder) }
      chmod(path, 0o600)
      let moved = folder + "/elsewhere"
      try FileManager.default.moveItem(atPath: path, toPath: moved)
      try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: moved)
      #expect(throws: KeyError.self) { try DevelopmentKey.loadOrCreate(in: folder) }
      try FileManager.default.removeItem(atPath: path)
      try Data("{".utf8).write(to: URL(fileURLWithPath: path))
      chmod(path, 0o600)
      #expect(throws: KeyError.self) { try DevelopmentKey.loadOrCreate(in: folder) }
      #expect(throws: KeyError.self) { try DevelopmentKey.loadOrCreate(in: folder + "/missing") }
    }
  }

  @Test(arguments: [
    (0o600, true, true), (0o640, true, true), (0o644, true, false), (0o604, true, false),
    (0o644, false, true), (0o664, false, true), (0o646, false, false), (0o602, true, false),
  ])
  func `a set with secrets must not be open to all, nor any to be written`(
    mode: Int, hasSecret: Bool, isTaken: Bool
  ) throws {
    try withFolder { folder in
      let path = "\(folder)/keys.json"
      let key =
        hasSecret
        ? TokenFixture.edDSA
        : #"{"kty":"OKP","crv":"Ed25519","kid":"p","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#
      try Data(#"{"keys":[\#(key)]}"#.utf8).write(to: URL(fileURLWithPath: path))
      chmod(path, mode_t(mode))
      if isTaken {
        #expect(try KeyRing.load(path: path).keys.count == 1)
      } else {
        let error = #expect(throws: KeyError.self) { try KeyRing.load(path: path) }
        #expect("\(error!)".contains("all users may"))
      }
    }
  }

  @Test func `an error names the file`() {
    let error = #expect(throws: KeyError.self) { try KeyRing.load(path: "/nonexistent/keys.json") }
    #expect("\(error!)".contains("/nonexistent/keys.json"))
  }
}
