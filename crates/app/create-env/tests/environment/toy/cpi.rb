# A CPI that is not ours: its cloud is a folder. It is not crash-safe, as most are not.
require 'fileutils'
require 'json'
require 'securerandom'

class Failure < StandardError
  attr_reader :kind

  def initialize(kind, message)
    super(message)
    @kind = "Bosh::Clouds::#{kind}"
  end
end

class Toy
  def initialize(config)
    properties = config['cloud']['properties']
    @root = properties['toy']['folder']
    @mbus = properties['agent']['mbus']
  end

  attr_reader :root

  def info = { 'stemcell_formats' => ['toy'], 'api_version' => 2 }

  def create_stemcell(image, _properties)
    raise Failure.new('CloudError', 'no image') unless File.file?(image)

    make('stemcells')
  end

  def delete_stemcell(cid)
    used = Dir[path('vms', '*', 'stemcell')].any? { |file| File.read(file) == cid }
    raise Failure.new('CloudError', "stemcell #{cid} is in use") if used

    remove('stemcells', cid, 'StemcellNotFound')
  end

  def create_vm(agent_id, stemcell, _properties, networks, _disks, env)
    there('stemcells', stemcell, 'CloudError')
    settings = { 'agent_id' => agent_id, 'mbus' => @mbus, 'networks' => networks, 'env' => env,
                 'disks' => {}, 'blobstore' => {
                   'provider' => 'local',
                   'options' => { 'blobstore_path' => '/var/vcap/micro_bosh/data/cache' }
                 } }
    cid = make('vms') do |folder|
      FileUtils.mkdir(File.join(folder, 'attached'))
      File.write(File.join(folder, 'stemcell'), stemcell)
      File.write(File.join(folder, 'settings.json'), JSON.generate(settings))
    end
    [cid, networks]
  end

  def has_vm(cid) = Dir.exist?(path('vms', cid)) # rubocop:disable Naming/PredicateName
  def delete_vm(cid) = remove('vms', cid, 'VMNotFound')

  def set_vm_metadata(cid, metadata)
    there('vms', cid, 'VMNotFound')
    File.write(path('vms', cid, 'metadata.json'), JSON.generate(metadata))
    nil
  end

  def create_disk(size, _properties, _vm)
    make('disks') { |folder| File.write(File.join(folder, 'size'), size) }
  end

  def attach_disk(vm, disk)
    there('vms', vm, 'VMNotFound')
    there('disks', disk, 'DiskNotFound')
    holder = holder(disk)
    raise Failure.new('CloudError', "disk #{disk} has VM #{holder}") unless [nil, vm].include?(holder)

    FileUtils.touch(path('vms', vm, 'attached', disk))
    { 'path' => "/dev/#{disk}" }
  end

  def detach_disk(vm, disk)
    raise Failure.new('DiskNotAttached', disk) unless holder(disk) == vm

    FileUtils.rm(path('vms', vm, 'attached', disk))
    nil
  end

  def resize_disk(disk, size)
    raise Failure.new('NotImplemented', 'resize_disk') unless File.exist?(path('resizes'))

    free(disk)
    File.write(path('disks', disk, 'size'), size)
    nil
  end

  def delete_disk(cid)
    free(cid)
    remove('disks', cid, 'DiskNotFound')
  end

  private

  def path(*parts) = File.join(@root, *parts)

  def make(kind)
    FileUtils.mkdir_p(path(kind))
    cid = "#{kind.chop}-#{SecureRandom.hex(4)}"
    draft = path("draft-#{cid}")
    FileUtils.mkdir(draft)
    yield draft if block_given?
    File.rename(draft, path(kind, cid))
    cid
  end

  def there(kind, cid, error)
    raise Failure.new(error, "#{cid} is not there") unless Dir.exist?(path(kind, cid))
  end

  def remove(kind, cid, error)
    there(kind, cid, error)
    gone = path("gone-#{cid}")
    File.rename(path(kind, cid), gone)
    FileUtils.rm_r(gone)
    nil
  end

  def holder(disk)
    file = Dir[path('vms', '*', 'attached', disk)].first
    file && File.basename(File.dirname(file, 2))
  end

  def free(disk)
    there('disks', disk, 'DiskNotFound')
    raise Failure.new('CloudError', "disk #{disk} is attached") if holder(disk)
  end
end

request = JSON.parse($stdin.read)
toy = Toy.new(JSON.parse(File.read(ARGV[0])))
method = request['method']
File.write(File.join(toy.root, 'calls'), "#{method}\n", mode: 'a')
warn "a line of #{method} on standard error"
answer =
  begin
    # What a test wants to fail, once.
    fail = File.join(toy.root, 'fail', method)
    if File.exist?(fail)
      error = JSON.parse(File.read(fail))
      FileUtils.rm(fail)
      raise Failure.new(error['type'], 'a test wants it so') unless error['die']

      Process.kill(:KILL, Process.pid)
    end
    raise Failure.new('NotImplemented', method) unless Toy.public_method_defined?(method, false)

    result = toy.public_send(method, *request['arguments'])
    # Whoever dies while a CPI works, dies now.
    slow = File.join(toy.root, 'slow')
    sleep(File.read(slow).to_f) if File.exist?(slow) && method != 'info'
    { 'result' => result, 'error' => nil, 'log' => '' }
  rescue Failure => e
    { 'result' => nil, 'log' => '',
      'error' => { 'type' => e.kind, 'message' => e.message, 'ok_to_retry' => false } }
  end
puts JSON.generate(answer)
