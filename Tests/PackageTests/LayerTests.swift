import Foundation
import Testing

/// Holds the sources to what `Package.swift` says of them: a build finds a module that another target
/// happens to bring along, so a layer could come to lean on one that it does not declare.
@Suite struct LayerTests {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The targets in the order of the manifest, with what they declare.
  private static let targets: [(kind: String, name: String, declared: Set<String>)] = {
    let text =
      (try? String(contentsOf: root.appending(path: "Package.swift"), encoding: .utf8)) ?? ""
    let target =
      /(layer|tests|\.executableTarget|\.target)\(\s*(?:name: )?"([\w-]+)"(?:,\s*(?:dependencies: )?\[([^\]]*)\])?/
    return text.matches(of: target).map { match in
      let names = (match.3 ?? "").matches(of: /"([\w-]+)"/).map { String($0.1) }
      return (String(match.1), String(match.2), Set(names))
    }
  }()

  private static func folder(of target: String) -> URL {
    let path =
      target == "spillway-loadtest"
      ? "loadtest/Sources"
      : target == "spillway-fuzz"
        ? "Tests/Fuzzing"
        : target.hasSuffix("Tests") || target == "TestSupport"
          ? "Tests/\(target)" : "Sources/\(target)"
    return root.appending(path: path)
  }

  /// The modules that the files of a target import.
  private static func imports(of target: String) throws -> Set<String> {
    var modules: Set<String> = []
    let files = FileManager.default.enumerator(
      at: folder(of: target), includingPropertiesForKeys: nil)
    while let file = files?.nextObject() as? URL {
      guard file.pathExtension == "swift" else { continue }
      let text = try String(contentsOf: file, encoding: .utf8)
      for match in text.matches(of: /(?m)^[@\w ]*\bimport (\w+)/) {
        modules.insert(String(match.1))
      }
    }
    return modules
  }

  @Test func `a layer declares exactly what it imports`() throws {
    let own = Set(Self.targets.map(\.name))
    let systems = Set(["CLibuv", "CHiredis", "CLibpq", "COpenSSL", "CLinux", "CLlhttp"])
    #expect(own.isSuperset(of: ["EventLoop", "API", "spillway", "spillway-loadtest", "APITests"]))
    // A test may use whatever its layer brings along, and needs programs that it does not import.
    for (kind, name, declared) in Self.targets
    where kind != "tests" && name != "CLlhttp" && name != "Lua" {
      let imported = try Self.imports(of: name).intersection(own.union(systems)).subtracting([name])
      #expect(imported == declared, "\(name)")
    }
  }

  @Test func `imports point down the list`() throws {
    let order = Self.targets.map(\.name)
    for (position, target) in Self.targets.enumerated() where target.kind == "layer" {
      for name in target.declared {
        guard let other = order.firstIndex(of: name) else { continue }
        #expect(other < position, "\(target.name) imports \(name)")
      }
    }
  }
}
