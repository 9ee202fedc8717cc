// What the player uses of three.js; data/build_three.sh bundles it to audio2pose/assets/three.min.js
export {
  WebGLRenderer, Scene, PerspectiveCamera, Color, Vector3, Quaternion, Matrix4, Object3D, Bone, Skeleton,
  SkinnedMesh, Mesh, BufferGeometry, BufferAttribute, PlaneGeometry, MeshStandardMaterial,
  MeshBasicMaterial, ShaderMaterial, ShadowMaterial, DirectionalLight, HemisphereLight,
  PCFShadowMap, ACESFilmicToneMapping, SRGBColorSpace, REVISION,
} from 'three';
export { OrbitControls } from 'three/examples/jsm/controls/OrbitControls.js';
